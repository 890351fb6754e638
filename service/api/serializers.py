"""From the values inside to the models on the wire."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from service.api import schemas
from service.core.duplicates import DuplicateGroup, NearDuplicate
from service.core.index import Facets, ImageFingerprint
from service.core.page import Page
from service.core.product import AttributeType, Product, ProductImage
from service.core.search import Explanation, Hit, SearchResult, SignalExplanation
from service.samples.installer import Loaded, SampleCatalogue


def image_url(root: str, product_id: str, image_id: str) -> str:
    return f"{product_url(root, product_id)}/images/{quote(image_id, safe='')}"


def product_url(root: str, product_id: str) -> str:
    """The address of a product; `root` is the path the service is mounted at, often empty."""
    return f"{root}/products/{quote(product_id, safe='')}"


def image_out(root: str, product_id: str, image: ProductImage) -> schemas.Image:
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


def product_out(root: str, product: Product) -> schemas.Product:
    return schemas.Product(
        product_id=product.product_id,
        name=product.name,
        description=product.description,
        attributes=dict(product.attributes),
        images=[image_out(root, product.product_id, image) for image in product.images],
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def product_created(
    root: str, product: Product, near: Sequence[NearDuplicate]
) -> schemas.ProductCreated:
    fields = dict(product_out(root, product))
    return schemas.ProductCreated(**fields, near_duplicates=near_duplicates(root, near))


def product_written(
    root: str,
    product: Product,
    near: Sequence[NearDuplicate],
    *,
    unchanged: bool,
) -> schemas.ProductWritten:
    fields = dict(product_created(root, product, near))
    return schemas.ProductWritten(**fields, unchanged=unchanged)


def image_added(
    root: str,
    product_id: str,
    image: ProductImage,
    near: Sequence[NearDuplicate],
) -> schemas.ImageAdded:
    fields = dict(image_out(root, product_id, image))
    return schemas.ImageAdded(**fields, near_duplicates=near_duplicates(root, near))


def near_duplicates(root: str, near: Sequence[NearDuplicate]) -> list[schemas.NearDuplicate]:
    return [
        schemas.NearDuplicate(
            product_id=one.product_id,
            name=one.name,
            image_id=one.image_id,
            url=image_url(root, one.product_id, one.image_id),
            similarity=one.similarity,
            same_bytes=one.image_id == one.of_image_id,
            of_image_id=one.of_image_id,
        )
        for one in near
    ]


def duplicate_page(root: str, page: Page[DuplicateGroup]) -> schemas.DuplicatePage:
    items = [
        schemas.DuplicateGroup(
            same_bytes=len({image.image_id for image in group.images}) == 1,
            similarity=group.similarity,
            images=[_duplicate_image(root, image) for image in group.images],
        )
        for group in page.items
    ]
    return schemas.DuplicatePage(items=items, next_cursor=page.next_cursor, total=page.total)


def _duplicate_image(root: str, image: ImageFingerprint) -> schemas.DuplicateImage:
    url = image_url(root, image.product_id, image.image_id)
    return schemas.DuplicateImage(
        product_id=image.product_id,
        name=image.name,
        image_id=image.image_id,
        url=url,
        thumbnail_url=f"{url}?size=thumbnail",
    )


def product_page(root: str, page: Page[Product]) -> schemas.ProductPage:
    items = [product_out(root, product) for product in page.items]
    answer = schemas.ProductPage(items=items, next_cursor=page.next_cursor, total=page.total)
    if page.facets is not None:
        answer.facets = _facets(page.facets)
    return answer


def attribute_list(types: Mapping[str, Collection[AttributeType]]) -> schemas.AttributeList:
    return schemas.AttributeList(
        attributes=[
            schemas.Attribute(name=name, types=sorted(types[name])) for name in sorted(types)
        ]
    )


def samples_out(root: str, catalogue: SampleCatalogue) -> schemas.Samples:
    queries = [
        schemas.SampleQuery(name=name, title=query.title, url=f"{root}/samples/{name}.jpg")
        for name, query in catalogue.queries.items()
    ]
    return schemas.Samples(total=len(catalogue.samples), queries=queries)


def samples_loaded(loaded: Loaded) -> schemas.SamplesLoaded:
    return schemas.SamplesLoaded(
        created=loaded.created,
        replaced=loaded.replaced,
        unchanged=loaded.unchanged,
        kept=loaded.kept,
        total=loaded.total,
    )


def search_answer(root: str, result: SearchResult) -> schemas.SearchAnswer:
    answer = schemas.SearchAnswer(
        query=_query(result),
        hits=[_hit(root, hit, explained="explain" in result.took_ms) for hit in result.hits],
        match=schemas.Match(
            confidence=result.match.confidence,
            verdict=result.match.verdict,
            detail=result.match.detail,
            pending=result.match.pending,
        ),
        took_ms={step: round(float(ms), 3) for step, ms in result.took_ms.items()},
    )
    if result.facets is not None:
        answer.facets = _facets(result.facets)
    return answer


def _facets(facets: Facets) -> dict[str, list[schemas.FacetValue]]:
    return {
        name: [schemas.FacetValue(value=one.value, count=one.count) for one in values]
        for name, values in facets.items()
    }


def _query(result: SearchResult) -> schemas.Query:
    query = schemas.Query(weights=dict(result.weights), encoders=dict(result.encoders))
    if result.ignored_words:
        query.ignored_words = list(result.ignored_words)
    if result.unexplained:
        query.unexplained = dict(result.unexplained)
    return query


def _hit(root: str, hit: Hit, *, explained: bool) -> schemas.Hit:
    product = hit.product
    out = schemas.Hit(
        rank=hit.rank,
        score=hit.score,
        scores={
            name: schemas.SignalScore(
                similarity=score.similarity, weight=score.weight, contribution=score.contribution
            )
            for name, score in hit.scores.items()
        },
        confidence=hit.confidence,
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
    if explained:
        out.explanation = _explanation(hit.explanation)
    return out


def _explanation(
    explanation: Explanation | None,
) -> dict[str, schemas.SignalExplanation | None] | None:
    if explanation is None:
        return None
    return {
        name: None if one is None else _signal_explanation(one) for name, one in explanation.items()
    }


def _signal_explanation(explanation: SignalExplanation) -> schemas.SignalExplanation:
    box, overlay = explanation.box, explanation.overlay
    return schemas.SignalExplanation(
        grid=[[round(float(share), 7) for share in row] for row in explanation.grid],
        unplaced=explanation.unplaced,
        box=schemas.Box(x=box.x, y=box.y, width=box.width, height=box.height),
        overlay=None if overlay is None else _data_uri(overlay),
    )


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
