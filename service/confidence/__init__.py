"""Estimates whether the catalogue contains what a search looks for."""
