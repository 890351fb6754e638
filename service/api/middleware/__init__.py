"""ASGI middleware: handles requests before they reach a route, and answers on their way back."""
