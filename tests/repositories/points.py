"""Makes points for the tests of the stores, and computes the expected answers in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from service.core.embedding import Vector
from service.core.index import Changes, Payload, Point, point_id
from service.core.interfaces import VectorStore
from service.core.product import Attributes, Product, ProductImage

DIMENSIONS = 24
NOON = datetime(2024, 5, 17, 12, 0, 0, 123457, tzinfo=UTC)


def make_image(number: int) -> ProductImage:
    return ProductImage(
        image_id=f"{number:064x}",
        media_type="image/jpeg",
        width=640,
        height=480,
        size_bytes=1234 + number,
    )


def make_product(
    product_id: str,
    *,
    images: int = 1,
    created_us: int = 0,
    attributes: Attributes | None = None,
    name: str = "A thing",
) -> Product:
    created = NOON + timedelta(microseconds=created_us)
    return Product(
        product_id=product_id,
        name=name,
        description="One of many.",
        attributes=attributes if attributes is not None else {"colour": "green", "price": 9.5},
        images=tuple(make_image(number) for number in range(images)),
        created_at=created,
        updated_at=created,
    )


def make_points(product: Product, vectors: Sequence[Vector]) -> list[Point]:
    """One point for each of the product's images."""
    return [
        Point(
            point_id=point_id(product.product_id, image.image_id),
            vector=vector,
            payload=Payload(product=product, image_id=image.image_id, primary=number == 0),
        )
        for number, (image, vector) in enumerate(zip(product.images, vectors, strict=True))
    ]


def make_point(product_id: str, vector: Vector, *, created_us: int = 0) -> Point:
    return make_points(make_product(product_id, created_us=created_us), [vector])[0]


def clustered(count: int, *, seed: int = 7, dimensions: int = DIMENSIONS) -> list[Vector]:
    """Unit vectors around a few centres, as pictures of products are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 20), dimensions))
    rows = centres[rng.integers(0, len(centres), count)]
    rows = rows + 0.5 * rng.normal(size=(count, dimensions))
    return list((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def axis(number: int, length: float = 1.0) -> Vector:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[number] = length
    return vector


def scores(points: Sequence[Point], query: Vector) -> dict[str, float]:
    """The inner products in float64, by point id."""
    return {
        point.point_id: float(point.vector.astype(np.float64) @ query.astype(np.float64))
        for point in points
    }


async def fill(store: VectorStore, points: list[Point]) -> list[Point]:
    await store.apply(Changes(upserts=tuple(points)))
    return points
