"""Stores the sample catalogue among the products, and deletes it again."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from service.catalogue.products import Catalogue
from service.core.errors import NotFound, Overloaded
from service.samples.files import Sample, SampleQuery

T = TypeVar("T")

AT_ONCE = 8
"""The number of concurrent writes, which fills the batches of the models but not the queue."""

RETRIES = 60


@dataclass(frozen=True, slots=True)
class Loaded:
    """The numbers of samples that a load created, replaced and left unchanged.

    `kept` counts the samples whose id belongs to another product, which the load left alone.
    """

    created: int
    replaced: int
    unchanged: int
    kept: int

    @property
    def total(self) -> int:
        return self.created + self.replaced + self.unchanged


class SampleCatalogue:
    """Loads and removes the samples. Each product is written completely or not at all.

    `load` and `remove` raise StoreUnavailable. Products written before the error stay, and the next
    call continues with the others.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        samples: Sequence[Sample],
        queries: Mapping[str, SampleQuery],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._catalogue = catalogue
        self.samples = samples
        self.queries = queries
        self._pause = pause
        self._one_at_a_time = asyncio.Lock()

    async def load(self) -> Loaded:
        """Creates or replaces every sample.

        Raises Overloaded if the queue in front of the models stays full for a minute.
        """
        async with self._one_at_a_time:
            done = Counter(await _each(self.samples, self._put))
        return Loaded(done["created"], done["replaced"], done["unchanged"], done["kept"])

    async def remove(self) -> int:
        """Deletes the existing samples, and returns their number."""
        async with self._one_at_a_time:
            return sum(await _each(self.samples, self._delete))

    async def query_picture(self, name: str) -> bytes:
        """Returns the JPEG of one of `queries`. Raises NotFound."""
        if name not in self.queries:
            raise NotFound(f"There is no picture {name!r}; GET /samples lists them.")
        return await asyncio.to_thread(self.queries[name].file.read_bytes)

    async def _put(self, sample: Sample) -> str:
        if await self._is_foreign(sample):
            return "kept"
        picture = await asyncio.to_thread(sample.file.read_bytes)
        for attempt in range(RETRIES + 1):
            try:
                written = await self._catalogue.replace(sample.product_id, sample.fields, [picture])
            except Overloaded as exc:
                if attempt == RETRIES:
                    raise
                await self._pause(exc.retry_after_s)
            else:
                return written.status
        raise AssertionError("the last attempt returns or raises")

    async def _is_foreign(self, sample: Sample) -> bool:
        """True if the product with the sample's id shares no other field with the sample."""
        try:
            product = await self._catalogue.get(sample.product_id)
        except NotFound:
            return False
        fields = sample.fields
        return (
            product.name != fields.name
            and product.description != fields.description
            and product.attributes != fields.attributes
        )

    async def _delete(self, sample: Sample) -> bool:
        if await self._is_foreign(sample):
            return False
        try:
            await self._catalogue.delete(sample.product_id)
        except NotFound:
            return False
        return True


async def _each(samples: Sequence[Sample], work: Callable[[Sample], Awaitable[T]]) -> list[T]:
    """Returns the results of `work`, which runs for AT_ONCE samples at a time.

    After an error no further sample is begun, those under way end, and the error is raised.
    """
    waiting, done = deque(samples), list[T]()

    async def worker() -> None:
        while waiting:
            try:
                done.append(await work(waiting.popleft()))
            except BaseException:
                waiting.clear()
                raise

    ends = await asyncio.gather(*(worker() for _ in range(AT_ONCE)), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return done
