"""Reads request bodies: forms, JSON, uploaded files."""
