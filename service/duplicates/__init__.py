"""Finds pictures of different products that are the same, or nearly."""
