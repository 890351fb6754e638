"""Draws goods: outlines, lit layers, patterns and backgrounds."""
