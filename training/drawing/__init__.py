"""Draws pictures of everyday shop goods, so that the network sees more than groceries."""
