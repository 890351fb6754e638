"""Provides the sample catalogue: drawn products to try the search with, as files."""
