"""Estimates whether what a search looks for is in the catalogue at all."""
