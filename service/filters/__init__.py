"""Reads the filter language, checks filters against attribute types, and counts facets."""
