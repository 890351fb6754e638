"""Reads files of products and makes each product ready to be sent."""
