"""A catalogue of shop goods that are drawn when they are asked for."""
