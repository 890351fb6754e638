"""The sample catalogue: drawn products to try the search with, shipped as files."""
