"""Joins the pictures, texts and products of a query into one embedding."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import chain

from service.catalogue.records import ProductRecords
from service.catalogue.rules import check_product_id
from service.core.embedding import EmbeddedImage, EmbeddedText, Embedding, Priority
from service.core.errors import InvalidImage, InvalidQuery, InvalidText, StoreUnavailable, within
from service.core.index import point_id
from service.core.interfaces import Embedder, VectorStore
from service.core.query import EmbeddedPart, EmbeddedQuery, ImagePart, QueryPart, TextPart
from service.core.text import UNPAIRED_SURROGATE, has_surrogate
from service.scoring.hybrid import split
from service.scoring.mixture import Part, join


class QueryEmbedder:
    """Embeds the parts of a query concurrently, so that they can share a forward pass."""

    def __init__(self, embedder: Embedder, store: VectorStore, records: ProductRecords) -> None:
        self._embedder = embedder
        self._store = store
        self._records = records

    async def embed(self, parts: Sequence[QueryPart]) -> EmbeddedQuery:
        """Returns the joined embedding of the parts.

        Raises InvalidImage, InvalidCrop, InvalidText and InvalidQuery with the place,
        Overloaded, and StoreUnavailable.
        """
        started = time.perf_counter()
        embedded = await asyncio.gather(*(self._part(n, part) for n, part in enumerate(parts)))
        joined = join(
            [
                Part(one if isinstance(one, Embedding) else one.embedding, part.weight)
                for one, part in zip(embedded, parts, strict=True)
            ]
        )
        # Parts are decoded concurrently, so the caller has waited for the slowest one.
        images = [one for one in embedded if isinstance(one, EmbeddedImage)]
        decode_ms = max((image.decode_ms for image in images), default=0.0)
        words = [
            one.ignored_words
            for one in (*embedded, *parts)
            if isinstance(one, EmbeddedText | EmbeddedPart)
        ]
        return EmbeddedQuery(
            joined,
            ignored_words=tuple(dict.fromkeys(chain.from_iterable(words))),
            decode_ms=decode_ms,
            embed_ms=(time.perf_counter() - started) * 1000 - decode_ms,
            warnings=tuple(chain.from_iterable(image.info.warnings for image in images)),
        )

    async def _part(self, n: int, part: QueryPart) -> EmbeddedImage | EmbeddedText | Embedding:
        with within(n):
            if isinstance(part, EmbeddedPart):
                return part.embedding
            if isinstance(part, ImagePart):
                return await self._image(part)
            if isinstance(part, TextPart):
                with within("text"):
                    return await self._text(part.text)
            with within("product_id"):
                return await self._stored(part.product_id)

    async def _image(self, part: ImagePart) -> EmbeddedImage:
        try:
            return await self._embedder.embed_image(
                part.data, crop=part.crop, priority=Priority.SEARCH
            )
        except InvalidImage as error:
            error.place = ("image",)
            raise

    async def _text(self, text: str) -> EmbeddedText:
        if has_surrogate(text):
            raise InvalidText(f"The text {UNPAIRED_SURROGATE}")
        return await self._embedder.embed_text(text)

    async def _stored(self, product_id: str) -> Embedding:
        """Returns the vectors of the product's main image."""
        product = await self._records.read(check_product_id(product_id))
        if product is None:
            raise InvalidQuery(f"There is no product {product_id!r}.")
        key = point_id(product_id, product.images[0].image_id)
        vectors = await self._store.vectors([key])
        if key not in vectors:
            raise StoreUnavailable(f"Product {product_id!r} is not indexed yet; try again later.")
        return split(vectors[key], self._embedder.signals)
