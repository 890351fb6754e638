"""Goods as product photos show them: with form, light, shade and highlights."""
