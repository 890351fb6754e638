"""The OpenAPI document: what FastAPI derives, and what it cannot know."""

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
from service.api.bodies.requests import BINARY, FORMS
from service.api.problems import HTTP_TITLES, MEDIA_TYPE
from service.api.routing import ACCESS, GUARDED, Access
from service.api.schemas.base import Problem

# Any: OpenAPI documents are JSON without a useful static type.
Json = dict[str, Any]

PROBLEMS = "x-problems"
REF = "#/components/schemas/{model}"

SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of API_KEYS."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
TAGS = [
    {"name": "products", "description": "The catalogue."},
    {"name": "images", "description": "A product's pictures."},
    {"name": "search", "description": "Lookalikes."},
    {"name": "samples", "description": "Drawn products to try the search with."},
    {"name": "operations", "description": "Health and metrics."},
]
LICENSE = {"name": "MIT", "identifier": "MIT"}
CONTACT = {"name": "The lookalike authors"}
DESCRIPTIONS = {
    409: "It conflicts with what is there.",
    503: "Try again after Retry-After.",
    507: "The disk is full.",
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
    """Keyword arguments of a route: the problems it can answer besides those of every route.

    `query` declares the query string; `image` and `text` tell what an answer is that is not JSON;
    `etag` names the statuses whose answers have an ETag.
    """
    # 400: HTTP itself may be malformed, on any call.
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
            responses[status]["description"] = "What If-None-Match names is still the right one."
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
    304: {"description": "The picture that If-None-Match names is still the right one."},
}


def multipart_body(form: type[BaseModel]) -> Json:
    """A form whose structured fields are JSON, each by its own content type."""
    structured = [
        name for name, field in fields_of(form).items() if field.kind in ("array", "object")
    ]
    content: Json = {"schema": _ref(form.__name__)}
    if structured:
        content["encoding"] = {name: {"contentType": "application/json"} for name in structured}
    return {"required": True, "content": {"multipart/form-data": content}}


def json_body(model: type[BaseModel]) -> Json:
    content = {JSON_TYPES[0]: {"schema": _ref(model.__name__)}}
    return {"required": True, "content": content}


def _query_parameters(model: type[BaseModel]) -> list[Json]:
    """What is no text or number is sent as JSON, which OpenAPI generators take for a string."""
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
            description += " As JSON."
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
    """The whole document; the same for every configuration."""
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
            # FastAPI gives those of the path in the order of its dependencies.
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
    """The place of a parameter in the path; all others come behind."""
    return path.find(f"{{{parameter['name']}}}") if parameter["in"] == "path" else len(path)


def _finish(operation: Json, *, writes: bool) -> None:
    statuses: Sequence[int] = operation.pop(PROBLEMS, [])
    operation["responses"].pop("422", None)
    for status in statuses:
        if status in (403, 507) and not writes:
            continue  # A read-only key may do this, and it needs no room.
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
