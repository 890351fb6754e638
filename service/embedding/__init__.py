"""Untrusted pictures and texts to unit vectors, one per signal."""
