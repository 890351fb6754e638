"""The OpenAPI document is valid, is what the code says, and is fit for client generators."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate

from service.app import openapi_document
from tests.api.conftest import PNG, Site

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_it_is_valid() -> None:
    validate(openapi_document())


def test_the_committed_file_is_up_to_date() -> None:
    text = json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"

    assert COMMITTED.read_text(encoding="utf-8") == text, "run `make openapi`"


async def test_the_served_document_is_the_same(site: Site) -> None:
    assert (await site.client.get("/openapi.json")).json() == openapi_document()


def test_operations_have_short_unique_ids() -> None:
    ids = [operation["operationId"] for _, operation in operations()]

    assert len(set(ids)) == len(ids)
    assert all(one.isalpha() and len(one) <= 20 for one in ids)


def test_every_error_is_declared_as_a_problem() -> None:
    for name, operation in operations():
        for status, response in operation["responses"].items():
            if status >= "400" and name != "get /health":
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, name


def test_uploads_are_typed() -> None:
    document = openapi_document()
    form = document["components"]["schemas"]["ProductForm"]["properties"]
    content = document["paths"]["/products"]["post"]["requestBody"]["content"]

    assert form["image"]["items"]["format"] == "binary"
    assert content["multipart/form-data"]["encoding"] == {
        "attributes": {"contentType": "application/json"}
    }
    search = document["components"]["schemas"]["ImageSearchForm"]["properties"]
    assert search["weights"]["$ref"] == "#/components/schemas/Weights"
    assert search["crop"]["$ref"] == "#/components/schemas/Crop"


def test_a_patch_has_no_defaults_that_a_client_might_send() -> None:
    patch = openapi_document()["components"]["schemas"]["ProductPatch"]

    assert "required" not in patch
    assert not [name for name, field in patch["properties"].items() if "default" in field]


def test_importing_the_app_loads_no_model_library_and_no_client() -> None:
    heavy = "torch torchvision transformers sentence_transformers qdrant_client qdrant_edge obstore"
    code = f"import sys, service.app; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_value_has_an_example() -> None:
    document = openapi_document()
    values = {
        f"{name}.{field}": value
        for name, schema in document["components"]["schemas"].items()
        for field, value in schema.get("properties", {}).items()
    } | {
        f"{name}: {parameter['name']}": parameter | parameter["schema"]
        for name, operation in operations()
        for parameter in operation.get("parameters", [])
    }

    assert [name for name, value in values.items() if not is_shown(value)] == []


def is_shown(schema: dict[str, Any]) -> bool:
    """Tells whether a reader sees what goes there: an example, or all possible values."""
    if {"examples", "const", "enum", "default", "$ref"} & schema.keys():
        return True  # a named schema has examples of its own
    if schema.get("type") == "boolean" or schema.get("format") == "binary":
        return True
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return any(is_shown(one) for one in alternatives if one.get("type") != "null")
    inner = schema.get("items") or schema.get("additionalProperties")
    return isinstance(inner, dict) and is_shown(inner)


async def test_the_examples_of_searches_find_sample_products(site: Site) -> None:
    await site.client.post("/samples")
    paths = openapi_document()["paths"]
    for path in ("/search", "/search/text"):
        content = paths[path]["post"]["requestBody"]["content"]["application/json"]
        response = await site.client.post(path, json=content["example"])
        assert response.json()["hits"], path

    schemas = openapi_document()["components"]["schemas"]
    form = {
        "parts": schemas["ImageSearchForm"]["properties"]["parts"]["examples"][0],
        "filter": schemas["Filter"]["examples"][0],
        "facets": schemas["FacetNames"]["examples"][0],
    }
    data = {name: json.dumps(value) for name, value in form.items()}
    response = await site.client.post("/search/image", data=data, files={"image": ("a.png", PNG)})
    assert response.json()["hits"]

    [product_id] = paths["/products/{product_id}"]["get"]["parameters"][:1]
    [example] = product_id.get("examples") or product_id["schema"]["examples"]
    assert (await site.client.get(f"/products/{example}")).status_code == 200
