"""Faster ways to run the big models, each checked against the plain model before it is used."""
