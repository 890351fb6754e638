"""The models of requests. Each field is declared once for forms, JSON, query strings and OpenAPI.

If a rule of the core checks a field, the bounds declared beside it only appear in the document.
"""
