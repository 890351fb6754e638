"""The page and Swagger UI, whose files are part of the service: browsers need no internet."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from service.api.openapi import document
from service.api.routing import ACCESS, PAGE

WEB_DIR = Path(__file__).parents[2] / "web"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""`blob:` is for pictures fetched with an API key or not yet uploaded, `data:` for overlays."""

DOCS_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
"""Swagger UI needs inline styles."""

REVALIDATED = {"Cache-Control": "no-cache"}
"""Browsers must revalidate a cached file, so that files of two versions are never mixed."""

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
# Addresses are relative, so that the page works below any path. There is no inline script, which
# the content security policy would have to allow.
DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Product search by picture: API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
DOCS_SCRIPT = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""

router = APIRouter(include_in_schema=False)
PUBLIC: dict[str, Any] = {"openapi_extra": {ACCESS: PAGE}}

files = StaticFiles(directory=WEB_DIR / "static", check_dir=False)


@router.get("/", **PUBLIC)
async def get_page() -> Response:
    page = WEB_DIR / "index.html"
    if not page.is_file():
        raise HTTPException(404)
    return FileResponse(page, headers={"Content-Security-Policy": PAGE_POLICY, **REVALIDATED})


@router.get("/static/{path:path}", **PUBLIC)
async def get_page_file(request: Request, path: str) -> Response:
    """Returns a script, style sheet or picture of the page."""
    response = await files.get_response(path, request.scope)
    response.headers.update(REVALIDATED)
    return response


@router.get("/openapi.json", **PUBLIC)
async def get_openapi(request: Request) -> Response:
    root = request.scope.get("root_path") or "/"
    document = _document(request.app)
    return JSONResponse({**document, "servers": [{**document["servers"][0], "url": root}]})


@router.get("/docs", **PUBLIC)
async def get_docs() -> Response:
    return HTMLResponse(DOCS_PAGE, headers={"Content-Security-Policy": DOCS_POLICY})


@router.get("/docs/start.js", **PUBLIC)
async def get_docs_script() -> Response:
    return Response(DOCS_SCRIPT, media_type="text/javascript")


@router.get("/docs/{asset}", **PUBLIC)
async def get_docs_asset(asset: str) -> Response:
    if asset not in ASSETS:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(_asset(asset), media_type=ASSETS[asset], headers=headers)


@lru_cache(maxsize=1)
def _document(app: FastAPI) -> dict[str, Any]:
    return document(app)


@cache
def _asset(name: str) -> bytes:
    return resources.files("fastapi_swagger.resources").joinpath(name).read_bytes()
