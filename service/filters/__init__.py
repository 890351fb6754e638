"""The filter language, the types that filters are checked against, and facets."""
