"""From the values inside to the models on the wire."""

from __future__ import annotations

from urllib.parse import quote

from service import models
from service.api import schemas


def image_url(root: str, product_id: str, image_id: str) -> str:
    return f"{product_url(root, product_id)}/images/{quote(image_id, safe='')}"


def product_url(root: str, product_id: str) -> str:
    """The address of a product; `root` is the path the service is mounted at, often empty."""
    return f"{root}/products/{quote(product_id, safe='')}"


def image_out(root: str, product_id: str, image: models.ProductImage) -> schemas.Image:
    url = image_url(root, product_id, image.image_id)
    return schemas.Image(
        image_id=image.image_id,
        url=url,
        thumbnail_url=f"{url}?size=thumbnail",
        media_type=image.media_type,
        width=image.width,
        height=image.height,
        size_bytes=image.size_bytes,
    )


def product_out(root: str, product: models.Product) -> schemas.Product:
    return schemas.Product(
        product_id=product.product_id,
        name=product.name,
        description=product.description,
        attributes=dict(product.attributes),
        images=[image_out(root, product.product_id, image) for image in product.images],
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def product_written(
    root: str, product: models.Product, *, unchanged: bool
) -> schemas.ProductWritten:
    fields = product_out(root, product).model_dump()
    return schemas.ProductWritten.model_validate(fields | {"unchanged": unchanged})


def product_page(root: str, page: models.Page[models.Product]) -> schemas.ProductPage:
    items = [product_out(root, product) for product in page.items]
    return schemas.ProductPage(items=items, next_cursor=page.next_cursor, total=page.total)


def search_answer(root: str, result: models.SearchResult) -> schemas.SearchAnswer:
    return schemas.SearchAnswer(
        query=_query(result),
        hits=[_hit(root, hit) for hit in result.hits],
        took_ms={step: round(float(ms), 3) for step, ms in result.took_ms.items()},
    )


def _query(result: models.SearchResult) -> schemas.Query:
    query = schemas.Query(weights=dict(result.weights), encoders=dict(result.encoders))
    if result.ignored_words:
        query.ignored_words = list(result.ignored_words)
    return query


def _hit(root: str, hit: models.Hit) -> schemas.Hit:
    product = hit.product
    return schemas.Hit(
        rank=hit.rank,
        score=hit.score,
        scores={
            name: schemas.SignalScore(
                similarity=score.similarity, weight=score.weight, contribution=score.contribution
            )
            for name, score in hit.scores.items()
        },
        image=schemas.MatchedImage(
            image_id=hit.image_id, url=image_url(root, product.product_id, hit.image_id)
        ),
        product=schemas.ProductSummary(
            product_id=product.product_id,
            name=product.name,
            description=product.description,
            attributes=dict(product.attributes),
        ),
    )
