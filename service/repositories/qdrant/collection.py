"""Creates a collection on a Qdrant server, or checks the one that exists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from qdrant_client import AsyncQdrantClient, models

from service.core.errors import StoreUnavailable
from service.repositories.qdrant.calls import Calls
from service.repositories.shared import facets
from service.repositories.shared.filter_payload import HAS, ORDER_PATHS, TERM_PATHS
from service.repositories.shared.payload import CREATED_US, NAME, PRODUCT_ID

Quantization: TypeAlias = Literal["none", "int8", "turbo4"]

_INTEGERS = models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=True, range=True)
_INDEXES: dict[str, models.PayloadSchemaType | models.IntegerIndexParams] = {
    CREATED_US: _INTEGERS,
    **dict.fromkeys((PRODUCT_ID, NAME, HAS, *TERM_PATHS), models.PayloadSchemaType.KEYWORD),
    **dict.fromkeys(ORDER_PATHS, _INTEGERS),
}
RANGE_INDEXES = {
    "numbers": models.PayloadSchemaType.FLOAT,
    "dates": models.PayloadSchemaType.DATETIME,
}
MAX_HNSW_EF = 1024
MAX_QUERY_LIMIT = 10_000
"""The server refuses a wider or longer search."""

_LIMITS = models.StrictModeConfig(
    enabled=True,
    max_query_limit=facets.ALL_TERMS,  # one limit for searches and facets
    unindexed_filtering_retrieve=True,  # ranges on attributes beyond MAX_RANGE_INDEXES
    unindexed_filtering_update=False,
    search_allow_exact=True,
    search_max_hnsw_ef=MAX_HNSW_EF,
    search_max_oversampling=4.0,
    search_max_batchsize=100,
    upsert_max_batchsize=1000,
    filter_max_conditions=1000,
    condition_max_size=10_000,
)


@dataclass(frozen=True, slots=True)
class Collection:
    """The required properties of the collection.

    Shards, replicas and quantization only take effect when the collection is created.
    """

    name: str
    dimensions: int
    fingerprint: str
    shards: int = 1
    replicas: int = 1
    write_consistency: int = 1
    quantization: Quantization = "none"

    async def ensure(self, calls: Calls) -> set[str]:
        """Creates the collection unless it exists. Several services may do so at the same time.

        Returns the indexed paths of numbers and dates. Raises StoreUnavailable, also if the
        existing collection holds other vectors.
        """
        if not await calls.run(self._exists):
            try:
                await calls.run(self._create)
            except StoreUnavailable:
                if not await calls.run(self._exists):
                    raise
        found = await calls.run(lambda node: node.get_collection(self.name))
        self._check(found)
        for field in _INDEXES:
            if field not in found.payload_schema:
                await calls.run(partial(self._create_index, field))
        return found.payload_schema.keys() - _INDEXES.keys()

    async def _exists(self, client: AsyncQdrantClient) -> bool:
        return await client.collection_exists(self.name)

    async def _create_index(self, field: str, client: AsyncQdrantClient) -> None:
        await client.create_payload_index(self.name, field, field_schema=_INDEXES[field])

    async def _create(self, client: AsyncQdrantClient) -> None:
        await client.create_collection(
            self.name,
            vectors_config=models.VectorParams(size=self.dimensions, distance=models.Distance.DOT),
            hnsw_config=models.HnswConfigDiff(m=16, ef_construct=128),
            shard_number=self.shards,
            replication_factor=self.replicas,
            write_consistency_factor=self.write_consistency,
            quantization_config=_quantization(self.quantization),
            strict_mode_config=_LIMITS,
            metadata={"fingerprint": self.fingerprint, "dimensions": self.dimensions},
        )

    def _check(self, found: models.CollectionInfo) -> None:
        fingerprint = (found.config.metadata or {}).get("fingerprint")
        if fingerprint != self.fingerprint:
            raise StoreUnavailable(
                f"The collection {self.name} on the Qdrant server holds vectors of other encoders "
                f"(fingerprint {fingerprint}, not {self.fingerprint}): delete it, or set another "
                "COLLECTION_PREFIX."
            )
        vectors = found.config.params.vectors
        if not isinstance(vectors, models.VectorParams) or vectors.size != self.dimensions:
            raise StoreUnavailable(
                f"The collection {self.name} on the Qdrant server does not hold vectors of "
                f"{self.dimensions} numbers: delete it, or set another COLLECTION_PREFIX."
            )


def _quantization(name: Quantization) -> models.QuantizationConfig | None:
    if name == "int8":
        return models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        )
    if name == "turbo4":
        return models.TurboQuantization(
            turbo=models.TurboQuantQuantizationConfig(
                bits=models.TurboQuantBitSize.BITS4, always_ram=True
            )
        )
    return None
