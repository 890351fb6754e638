"""Defines the values, interfaces and errors that all other folders share."""
