"""Puts the sample catalogue among the products, and takes it out again."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from service.catalogue.products import Catalogue
from service.core.errors import NotFound, Overloaded

if TYPE_CHECKING:
    from service.samples.catalogue import Example, Sample

T = TypeVar("T")

AT_ONCE = 8
"""Writes under way: enough to fill the batches of the models, and few enough to leave room."""

DRAWING_AT_ONCE = 2
"""Threads that draw: more of them would only slow down the event loop."""

RETRIES = 60


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many samples a load found missing, changed and in place; and how many of their ids are
    somebody else's products, which it has kept."""

    created: int
    replaced: int
    unchanged: int
    kept: int

    @property
    def total(self) -> int:
        return self.created + self.replaced + self.unchanged


class SampleCatalogue:
    """Each product is written whole or not at all; a load that was cut off goes on by a new one.

    Both methods raise StoreUnavailable; what they did until then stays.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        samples: Sequence[Sample],
        examples: Mapping[str, Example],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._catalogue = catalogue
        self.samples = samples
        self.examples = examples
        self._pictures: dict[str, bytes] = {}
        self._pause = pause
        self._one_at_a_time = asyncio.Lock()
        self._drawing = asyncio.Semaphore(DRAWING_AT_ONCE)

    async def load(self) -> Loaded:
        """Creates or replaces every sample.

        Raises Overloaded where the queue before the models stays full for a minute.
        """
        async with self._one_at_a_time:
            done = Counter(await _each(self.samples, self._put))
        return Loaded(done["created"], done["replaced"], done["unchanged"], done["kept"])

    async def remove(self) -> int:
        """Deletes the samples that are there; how many."""
        async with self._one_at_a_time:
            return sum(await _each(self.samples, self._delete))

    async def example_picture(self, name: str) -> bytes:
        """The JPEG of one of `examples`. Raises NotFound."""
        if name not in self.examples:
            raise NotFound(f"There is no picture {name!r}; GET /samples lists them.")
        if name not in self._pictures:
            async with self._drawing:
                self._pictures[name] = await asyncio.to_thread(self.examples[name].picture)
        return self._pictures[name]

    async def _put(self, sample: Sample) -> str:
        if await self._is_foreign(sample):
            return "kept"
        async with self._drawing:
            picture = await asyncio.to_thread(sample.picture)
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
        """Whether a product of its id has nothing of the sample, and so never was it."""
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
    """What `work` returns, AT_ONCE samples at a time; after an error the begun ones still end."""
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
