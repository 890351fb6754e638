"""Use cases on products: writes and their journal, records, rules and indexing."""
