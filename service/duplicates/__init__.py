"""Finds pictures of different products that are identical or nearly so."""
