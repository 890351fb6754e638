"""Payloads, conditions and facets that both vector stores share."""
