"""The routes of the API, in one module per subject."""
