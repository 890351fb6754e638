"""Embeds queries, ranks products and explains hits."""
