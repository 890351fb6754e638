"""Splits a similarity among the cells of a picture: what all encoders share."""
