"""Pure ASGI middleware: what is decided before, or around, the routes."""
