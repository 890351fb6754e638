"""Builds the OpenAPI document: FastAPI derives one, and this module completes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.api.bodies.forms import fields_of
from service.api.bodies.json_body import JSON_TYPES
from service.api.bodies.models.fields import BINARY
from service.api.bodies.models.products import BatchForm, ImageForm, ProductForm, ProductPatch
from service.api.bodies.models.searches import ImageSearchForm, MixedSearch, TextSearch
from service.api.problems import HTTP_TITLES, MEDIA_TYPE
from service.api.routing import ACCESS, GUARDED, Access
from service.api.schemas.base import Problem

# Any: OpenAPI documents are JSON without a useful static type.
Json = dict[str, Any]

FORMS = (
    ProductForm,
    ProductPatch,
    ImageForm,
    ImageSearchForm,
    TextSearch,
    MixedSearch,
    BatchForm,
)
"""The models of request bodies."""

PROBLEMS = "x-problems"
REF = "#/components/schemas/{model}"

SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of API_KEYS or READ_API_KEYS.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
TAGS = [
    {"name": "products", "description": "The products of the catalogue."},
    {"name": "images", "description": "A product's pictures."},
    {"name": "search", "description": "Search by picture, text or product."},
    {
        "name": "samples",
        "description": "Sample products with drawn pictures, to try the search with.",
    },
    {"name": "operations", "description": "Health and metrics."},
]
LICENSE = {"name": "MIT", "identifier": "MIT"}
CONTACT = {"name": "The lookalike authors"}
DESCRIPTIONS = {
    409: "The request conflicts with the current state.",
    503: "The service cannot answer now; try again after Retry-After seconds.",
    507: "The disk is full; free some space and try again.",
}


def described(
    *statuses: int,
    body: Json | None = None,
    query: type[BaseModel] | None = None,
    also: Mapping[int, tuple[type[BaseModel], str]] | None = None,
    access: Access = GUARDED,
    image: bool = False,
    text: bool = False,
    etag: Sequence[int] = (),
) -> Json:
    """Returns the keyword arguments of a route's decorator that describe it in the document.

    `statuses` are the errors of this route besides those that all routes share. `query` declares
    the query string, and `also` further answers by status. `image` and `text` mark routes that do
    not answer JSON. `etag` lists the statuses whose answers have an ETag.
    """
    # Any request can be malformed HTTP, which is answered with 400.
    common = (400,) if access.public else (401, 403, 422, 500, 503, 507)
    extra: Json = {ACCESS: access, PROBLEMS: sorted({*common, *statuses})}
    if body is not None:
        extra["requestBody"] = body
        extra[PROBLEMS] = sorted({*extra[PROBLEMS], 400, 408})
    if query is not None:
        extra["parameters"] = _query_parameters(query)
    if access.public:
        extra["security"] = []
    responses: dict[int | str, Json] = {
        status: {"model": model, "description": description}
        for status, (model, description) in (also or {}).items()
    }
    for status in etag:
        responses.setdefault(status, {})["headers"] = {"ETag": {"schema": _STRING}}
        if status == 304:
            responses[status]["description"] = (
                "The version that If-None-Match names is still current."
            )
    if image:
        responses |= _IMAGE_RESPONSES
    if text:
        extra[PROBLEMS].remove(422)
        responses[200] = {"description": "Metrics.", "content": {"text/plain": {"schema": _STRING}}}
    return {"openapi_extra": extra, "responses": responses}


_STRING = {"type": "string"}
_IMAGE_RESPONSES: dict[int | str, Json] = {
    200: {
        "description": "The picture.",
        "content": {"image/*": {"schema": BINARY}},
        "headers": {name: {"schema": _STRING} for name in ("ETag", "Cache-Control")},
    },
    304: {"description": "The picture that If-None-Match names is still current."},
}


def multipart_body(form: type[BaseModel]) -> Json:
    """Returns the requestBody of a form; its lists and objects are parts with JSON content."""
    structured = [
        name for name, field in fields_of(form).items() if field.kind in ("array", "object")
    ]
    content: Json = {"schema": _ref(form.__name__)}
    if structured:
        content["encoding"] = {name: {"contentType": "application/json"} for name in structured}
    return {"required": True, "content": {"multipart/form-data": content}}


def json_body(model: type[BaseModel]) -> Json:
    content: Json = {"schema": _ref(model.__name__)}
    if examples := model.model_json_schema().get("examples"):
        content["example"] = examples[0]
    return {"required": True, "content": {JSON_TYPES[0]: content}}


def _query_parameters(model: type[BaseModel]) -> list[Json]:
    """Returns the query parameters. Lists and objects are declared as strings that hold JSON."""
    document = model.model_json_schema()
    kinds = {name: field.kind for name, field in fields_of(model).items()}
    parameters = []
    for name, schema in document["properties"].items():
        if "$ref" in schema:
            schema = document["$defs"][schema["$ref"].rpartition("/")[2]] | schema
        description = schema.pop("description")
        if kinds[name] in ("array", "object"):
            examples = [json.dumps(example) for example in schema["examples"]]
            schema = {"type": "string", "examples": examples}
            description += " Send it as JSON."
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": description,
                "schema": schema,
            }
        )
    return parameters


def document(app: FastAPI) -> Json:
    """Returns the whole document, which is the same for every configuration."""
    found: Json = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
    )
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            reads = operation.pop(ACCESS)["reads"] or method == "get"
            _finish(operation, writes=not reads)
            # FastAPI lists path parameters in the order of the dependencies, not of the path.
            operation.get("parameters", []).sort(key=partial(_position, path))
    found["components"] = {
        "schemas": _schemas(found["components"]["schemas"]),
        "securitySchemes": SECURITY_SCHEMES,
    }
    found["servers"] = [{"url": "/", "description": "This service."}]
    found["info"] |= {"license": LICENSE, "contact": CONTACT}
    found["security"] = [{}, {"bearer": []}, {"apiKey": []}]
    return found


def _position(path: str, parameter: Json) -> int:
    """Returns the offset of a path parameter in the path; other parameters come after them."""
    return path.find(f"{{{parameter['name']}}}") if parameter["in"] == "path" else len(path)


def _finish(operation: Json, *, writes: bool) -> None:
    statuses: Sequence[int] = operation.pop(PROBLEMS, [])
    operation["responses"].pop("422", None)
    for status in statuses:
        if status in (403, 507) and not writes:
            continue  # A read is allowed with a read-only key and needs no disk space.
        operation["responses"][str(status)] = _problem_response(status)
    if "201" in operation["responses"]:
        headers = operation["responses"]["201"].setdefault("headers", {})
        headers["Location"] = {"schema": _STRING}
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for response in operation["responses"].values():
        response.setdefault("headers", {})["X-Request-ID"] = {"schema": _STRING}


def _problem_response(status: int) -> Json:
    kind, title = HTTP_TITLES.get(status, ("conflict", "Conflict"))
    example = {
        "type": f"/problems/{kind}",
        "title": title,
        "status": status,
        "detail": DESCRIPTIONS.get(status, f"{title}."),
        "request_id": "4b9c2e0a-6f1d-4f0e-9a53-0f4f5c1f7f11",
        "errors": [],
    }
    response: Json = {
        "description": DESCRIPTIONS.get(status, f"{title}."),
        "content": {MEDIA_TYPE: {"schema": _ref("Problem"), "example": example}},
    }
    if status in (503, 507):
        response["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"schema": _STRING}}
    return response


def _schemas(derived: Json) -> Json:
    _, definitions = models_json_schema(
        [*((form, "validation") for form in FORMS), (Problem, "serialization")],
        ref_template=REF,
    )
    every = {**definitions["$defs"], **derived}
    for name in ("HTTPValidationError", "ValidationError"):
        every.pop(name, None)
    return dict(sorted(every.items()))


def _ref(name: str) -> Json:
    return {"$ref": REF.format(model=name)}
