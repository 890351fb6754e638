"""Serializers: turn values of the core into the models of answers."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from service.api.schemas import operations, products
from service.api.schemas import search as found
from service.catalogue.products import AddedImage, Written
from service.core.duplicates import DuplicateGroup, NearDuplicate
from service.core.index import Facets, ImageFingerprint
from service.core.page import Page
from service.core.product import AttributeType, Product, ProductImage
from service.core.search import Explanation, Hit, SearchResult, SignalExplanation
from service.samples.installer import SampleCatalogue
from service.search.tokens import QueryTokens


def image_url(root: str, product_id: str, image_id: str) -> str:
    return f"{product_url(root, product_id)}/images/{quote(image_id, safe='')}"


def product_url(root: str, product_id: str) -> str:
    """Returns the URL of a product. `root` is the path that the service is mounted at."""
    return f"{root}/products/{quote(product_id, safe='')}"


def image_out(root: str, product_id: str, image: ProductImage) -> products.Image:
    url = image_url(root, product_id, image.image_id)
    return products.Image.of(image, url=url, thumbnail_url=f"{url}?size=thumbnail")


def product_out(root: str, product: Product) -> products.Product:
    images = [image_out(root, product.product_id, image) for image in product.images]
    return products.Product.of(product, images=images)


def product_created(root: str, written: Written) -> products.ProductCreated:
    near = near_duplicates(root, written.near_duplicates)
    return products.ProductCreated.of(
        product_out(root, written.product), near_duplicates=near, warnings=list(written.warnings)
    )


def product_written(root: str, written: Written) -> products.ProductWritten:
    unchanged = written.status == "unchanged"
    return products.ProductWritten.of(product_created(root, written), unchanged=unchanged)


def image_added(root: str, product_id: str, added: AddedImage) -> products.ImageAdded:
    near = near_duplicates(root, added.near_duplicates)
    return products.ImageAdded.of(
        image_out(root, product_id, added.image),
        near_duplicates=near,
        warnings=list(added.warnings),
    )


def near_duplicates(root: str, near: Sequence[NearDuplicate]) -> list[products.NearDuplicate]:
    return [
        products.NearDuplicate.of(
            one,
            url=image_url(root, one.product_id, one.image_id),
            same_bytes=one.image_id == one.of_image_id,
        )
        for one in near
    ]


def duplicate_page(root: str, page: Page[DuplicateGroup]) -> products.DuplicatePage:
    items = [
        products.DuplicateGroup(
            same_bytes=len({image.image_id for image in group.images}) == 1,
            similarity=group.similarity,
            images=[_duplicate_image(root, image) for image in group.images],
        )
        for group in page.items
    ]
    return products.DuplicatePage(items=items, next_cursor=page.next_cursor, total=page.total)


def _duplicate_image(root: str, image: ImageFingerprint) -> products.DuplicateImage:
    url = image_url(root, image.product_id, image.image_id)
    return products.DuplicateImage.of(image, url=url, thumbnail_url=f"{url}?size=thumbnail")


def product_page(root: str, page: Page[Product]) -> products.ProductPage:
    items = [product_out(root, product) for product in page.items]
    answer = products.ProductPage(items=items, next_cursor=page.next_cursor, total=page.total)
    if page.facets is not None:
        answer.facets = _facets(page.facets)
    return answer


def attribute_list(types: Mapping[str, Collection[AttributeType]]) -> products.AttributeList:
    return products.AttributeList(
        attributes=[
            products.Attribute(name=name, types=sorted(types[name])) for name in sorted(types)
        ]
    )


def samples_out(root: str, catalogue: SampleCatalogue) -> operations.Samples:
    queries = [
        operations.SampleQuery(name=name, title=query.title, url=f"{root}/samples/{name}.jpg")
        for name, query in catalogue.queries.items()
    ]
    return operations.Samples(total=len(catalogue.samples), queries=queries)


def search_answer(
    root: str, result: SearchResult, tokens: QueryTokens | None = None
) -> found.SearchAnswer:
    """Returns the answer of a search, with a token for its query if `tokens` is given."""
    answer = found.SearchAnswer(
        query=_query(result),
        hits=[_hit(root, hit, explained="explain" in result.took_ms) for hit in result.hits],
        match=found.Match.of(result.match),
        took_ms={step: round(float(ms), 3) for step, ms in result.took_ms.items()},
    )
    if result.facets is not None:
        answer.facets = _facets(result.facets)
    if tokens is not None and result.query is not None:
        answer.query.token = tokens.write(result.query)
    if result.partial:
        answer.partial = True
    return answer


def _facets(facets: Facets) -> products.Facets:
    return {
        name: [products.FacetValue.of(one) for one in values] for name, values in facets.items()
    }


def _query(result: SearchResult) -> found.Query:
    query = found.Query(weights=dict(result.weights), encoders=dict(result.encoders))
    if result.ignored_words:
        query.ignored_words = list(result.ignored_words)
    if result.unexplained:
        query.unexplained = dict(result.unexplained)
    if result.warnings:
        query.warnings = list(result.warnings)
    return query


def _hit(root: str, hit: Hit, *, explained: bool) -> found.Hit:
    url = image_url(root, hit.product.product_id, hit.image_id)
    out = found.Hit(
        rank=hit.rank,
        score=hit.score,
        scores={name: found.SignalScore.of(score) for name, score in hit.scores.items()},
        confidence=hit.confidence,
        image=found.MatchedImage(image_id=hit.image_id, url=url),
        product=products.ProductSummary.of(hit.product),
    )
    if explained:
        out.explanation = None if hit.explanation is None else _explanation(hit.explanation)
    return out


def _explanation(explanation: Explanation) -> dict[str, found.SignalExplanation | None]:
    return {
        name: None if one is None else _signal_explanation(one) for name, one in explanation.items()
    }


def _signal_explanation(explanation: SignalExplanation) -> found.SignalExplanation:
    overlay = explanation.overlay
    return found.SignalExplanation(
        grid=[[round(float(share), 7) for share in row] for row in explanation.grid],
        unplaced=explanation.unplaced,
        box=found.Box.of(explanation.box),
        overlay=None if overlay is None else _data_uri(overlay),
    )


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
