"""Checks all components in the background, and keeps their last answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from service.core.embedding import Embedding
from service.core.errors import Overloaded, ServiceError, Unavailable
from service.core.interfaces import Embedder, VectorStore
from service.core.periodic import repeat

STORES_EVERY_S = 2.0
STORES_TIMEOUT_S = 5.0
GOLDEN_EVERY_S = 5.0
GOLDEN_TIMEOUT_S = 60.0
"""Longer than the wait in the queue plus the slowest forward pass on a busy processor."""

GOLDEN_SIMILARITY = 0.999
"""The similarity below which an encoder counts as broken.

Other batch sizes and bfloat16 stay above 0.9999; another or a broken model is far below."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The last answer of a component, and its age. `detail` says what is wrong, if anything."""

    ok: bool
    detail: str | None
    took_ms: float
    age_s: float


@dataclass(frozen=True, slots=True)
class Filling:
    """The progress of filling an incomplete index, in products."""

    indexed: int
    expected: int

    @property
    def share(self) -> float:
        return self.indexed / self.expected


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """The state of the service. It is `ready` if all checks are ok and enough products are indexed.

    `products` is None if the store does not answer. `filling` is None in that case too, and if the
    index is complete.
    """

    ready: bool
    checks: Mapping[str, CheckResult]
    encoders: Mapping[str, str]
    collection: str
    products: int | None
    warnings: tuple[str, ...]
    filling: Filling | None = None


class Check:
    """Checks one component at intervals. A component that hangs fails after `timeout_s`."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[None]],
        *,
        every_s: float,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self.every_s = every_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._detail: str | None = "It has not been checked yet."
        self._took_s = 0.0
        self._answered_at = clock()

    async def once(self) -> None:
        started = self._clock()
        self._detail = await self._trouble()
        self._answered_at = self._clock()
        self._took_s = self._answered_at - started

    def result(self) -> CheckResult:
        return CheckResult(
            ok=self._detail is None,
            detail=self._detail,
            took_ms=self._took_s * 1000,
            age_s=self._clock() - self._answered_at,
        )

    async def _trouble(self) -> str | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._ask()
        except ServiceError as exc:
            return exc.detail
        except TimeoutError:
            return f"No answer within {self._timeout_s:g} s."
        except Exception as exc:  # A component that fails in any way is not ready.
            return f"It failed: {exc!r}."
        return None


class Readiness:
    """Checks the encoders (by a golden picture), the batcher and the stores.

    A report contains the last answers of the components, so that a busy service answers its probes
    at once. It shows that a component hangs after at most the interval plus the timeout.
    """

    def __init__(
        self,
        *,
        embed_golden: Callable[[], Awaitable[Embedding]],
        golden: Embedding,
        check_batcher: Callable[[], str | None],
        embedder: Embedder,
        store: VectorStore,
        ping_blobs: Callable[[], Awaitable[None]],
        collection: str,
        warnings: Callable[[], tuple[str, ...]],
        expected_products: Callable[[], int | None] = lambda: None,
        ready_at_share: float = 1.0,
        golden_timeout_s: float = GOLDEN_TIMEOUT_S,
        stores_timeout_s: float = STORES_TIMEOUT_S,
    ) -> None:
        self._embed_golden = embed_golden
        self._golden = golden
        self._check_batcher = check_batcher
        self._signals = embedder.signals
        self._store = store
        self._collection = collection
        self._warnings = warnings
        self._expected_products = expected_products
        self._ready_at_share = ready_at_share
        self._golden_trouble: str | None = None
        self._products: int | None = None
        store_check = partial(Check, every_s=STORES_EVERY_S, timeout_s=stores_timeout_s)
        self._checks = {
            "encoders": Check(
                self._compare_golden, every_s=GOLDEN_EVERY_S, timeout_s=golden_timeout_s
            ),
            "vector_store": store_check(self._ask_store),
            "blob_store": store_check(ping_blobs),
        }

    async def ask(self) -> None:
        """Checks every component once."""
        await asyncio.gather(*(check.once() for check in self._checks.values()))

    async def run(self) -> None:
        """Checks every component at its interval, until cancelled."""
        await asyncio.gather(
            *(
                repeat(check.once, every_s=check.every_s, name=f"check of {name}")
                for name, check in self._checks.items()
            )
        )

    def report(self) -> ReadinessReport:
        """Reports the last answers, and the progress of filling the index."""
        checks = {name: check.result() for name, check in self._checks.items()}
        # The batcher runs in this process and can be checked at once.
        trouble = self._check_batcher()
        checks["batcher"] = CheckResult(trouble is None, trouble, took_ms=0.0, age_s=0.0)
        products = self._products if checks["vector_store"].ok else None
        expected = self._expected_products()
        filling = None if products is None or not expected else Filling(products, expected)
        enough = filling is None or filling.share >= self._ready_at_share
        return ReadinessReport(
            ready=enough and all(check.ok for check in checks.values()),
            checks=checks,
            encoders={signal.name: signal.encoder for signal in self._signals},
            collection=self._collection,
            products=products,
            warnings=self._warnings(),
            filling=filling,
        )

    async def _ask_store(self) -> None:
        await self._store.ping()
        self._products = await self._store.count_products()

    async def _compare_golden(self) -> None:
        # A full queue says nothing about the encoders, so that their last answer still counts.
        with suppress(Overloaded):
            self._golden_trouble = self._trouble_with(await self._embed_golden())
        if self._golden_trouble is not None:
            raise Unavailable(self._golden_trouble)

    def _trouble_with(self, embedded: Embedding) -> str | None:
        for name, expected in self._golden.vectors.items():
            similarity = float(embedded.vectors[name] @ expected)
            if similarity < GOLDEN_SIMILARITY:
                return (
                    f"The {name} encoder embeds the golden picture with a similarity of"
                    f" {similarity:.4f} to its stored vector, but at least {GOLDEN_SIMILARITY} is"
                    " right: restart the service."
                )
        return None
