"""Reads request bodies: forms, JSON and uploaded files."""
