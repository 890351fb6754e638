"""Finds and fetches the files of models."""
