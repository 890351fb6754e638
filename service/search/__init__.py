"""Use cases on queries: embedding a query, ranking products, explaining hits."""
