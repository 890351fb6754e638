"""The main job over HTTP on real parts: compact encoders, embedded engine, files."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from service.embedding.compact.semantic import CompactSemanticEncoder
from service.embedding.compact.visual import CompactVisualEncoder
from tests.end_to_end.pictures import encoded, picture, png
from tests.end_to_end.process import ServiceProcess

PRODUCTS = 120


@pytest.fixture(scope="module")
def catalogue(shared_service: ServiceProcess) -> ServiceProcess:
    """The shared service with PRODUCTS products of two pictures each."""
    for start in range(0, PRODUCTS, 40):
        numbers = range(start, start + 40)
        manifest = [
            {"product_id": f"p{n}", "name": f"Product {n}", "images": [f"{n}-0", f"{n}-1"]}
            for n in numbers
        ]
        files = [("files", (f"{n}-{view}", png(2 * n + view))) for n in numbers for view in (0, 1)]
        response = shared_service.client.post(
            "/products/batch", data={"manifest": json.dumps(manifest)}, files=files
        )
        assert {result["status"] for result in response.json()["results"]} <= {
            "created",
            "unchanged",
        }
    return shared_service


@pytest.fixture(scope="module")
def stored() -> tuple[np.ndarray, np.ndarray]:
    """Every picture's vectors by the encoders themselves, in the order of the seeds."""
    images = [picture(seed) for seed in range(2 * PRODUCTS)]
    return tuple(
        np.concatenate([encoder.encode(encoder.preprocess(image)[None]) for image in images])
        for encoder in (CompactSemanticEncoder.load(), CompactVisualEncoder.load())
    )


def search(service: ServiceProcess, data: bytes, **fields: object) -> dict:
    form = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
    }
    response = service.client.post("/search/image", data=form, files={"image": data})
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("semantic", [0.0, 0.1, 0.6, 1.0])
@pytest.mark.parametrize("seed", [1000, 1001, 1002])
def test_scores_and_order_are_those_of_brute_force(
    catalogue: ServiceProcess,
    stored: tuple[np.ndarray, np.ndarray],
    seed: int,
    semantic: float,
) -> None:
    encoders = CompactSemanticEncoder.load(), CompactVisualEncoder.load()
    query = [encoder.encode(encoder.preprocess(picture(seed))[None])[0] for encoder in encoders]
    by_image = semantic * stored[0] @ query[0] + (1 - semantic) * stored[1] @ query[1]
    by_product = by_image.reshape(PRODUCTS, 2).max(axis=1)

    answer = search(
        catalogue, png(seed), limit=50, weights={"semantic": semantic, "visual": 1 - semantic}
    )

    numbers = [int(hit["product"]["product_id"][1:]) for hit in answer["hits"]]
    scores = [hit["score"] for hit in answer["hits"]]
    assert scores == pytest.approx(sorted(by_product, reverse=True)[:50], abs=1e-3)
    assert by_product[numbers] == pytest.approx(scores, abs=1e-3)
    for hit in answer["hits"]:
        contributions = [part["contribution"] for part in hit["scores"].values()]
        assert hit["score"] == pytest.approx(sum(contributions), abs=1e-9)


def test_an_indexed_picture_finds_itself_first(catalogue: ServiceProcess) -> None:
    for number in (0, 33, 119):
        hit = search(catalogue, png(2 * number + 1), limit=1)["hits"][0]

        assert hit["product"]["product_id"] == f"p{number}"
        assert hit["score"] == pytest.approx(1.0, abs=1e-3)
        matched = catalogue.client.get(hit["image"]["url"])
        assert matched.content == png(2 * number + 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_copy_turned_by_exif_finds_the_original(
    catalogue: ServiceProcess, orientation: int
) -> None:
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = picture(8)
    turned = upright if undo is None else upright.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation

    hit = search(catalogue, encoded(turned, exif=exif.tobytes()), limit=1)["hits"][0]

    assert hit["product"]["product_id"] == "p4"
    assert hit["score"] == pytest.approx(1.0, abs=1e-3)


def test_a_crop_is_searched_like_the_cut_out_picture(catalogue: ServiceProcess) -> None:
    whole = Image.new("RGB", (320, 240), "white")
    whole.paste(picture(20), (160, 120))
    crop = {"x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}

    hit = search(catalogue, encoded(whole), limit=1, crop=crop)["hits"][0]

    assert hit["product"]["product_id"] == "p10"
    assert hit["score"] == pytest.approx(1.0, abs=1e-3)


def test_a_new_product_is_found_by_the_next_search(shared_service: ServiceProcess) -> None:
    client, data = shared_service.client, png(5000)
    created = client.post("/products", data={"name": "New"}, files={"image": data})
    assert created.status_code == 201

    hits = search(shared_service, data, limit=1)["hits"]

    assert hits[0]["product"]["product_id"] == created.json()["product_id"]
    assert client.delete(created.headers["Location"]).status_code == 204
    assert all(
        hit["product"]["name"] != "New" for hit in search(shared_service, data, limit=5)["hits"]
    )


def test_the_encoders_in_use_are_named(shared_service: ServiceProcess) -> None:
    named = {"semantic": "compact-semantic-1", "visual": "compact-visual-1"}

    assert shared_service.client.get("/health").json()["encoders"] == named
    assert search(shared_service, png(1))["query"]["encoders"] == named
    assert "compact" in shared_service.log.read_text()


def test_the_thumbnail_is_small_and_upright(shared_service: ServiceProcess) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (1600, 900), "teal"), "JPEG", exif=exif.tobytes())
    product = shared_service.client.post(
        "/products", data={"name": "Tall"}, files={"image": data}
    ).json()

    response = shared_service.client.get(product["images"][0]["thumbnail_url"])

    width, height = Image.open(io.BytesIO(response.content)).size
    assert height > width
    assert height <= 400
    shared_service.client.delete(f"/products/{product['product_id']}")
