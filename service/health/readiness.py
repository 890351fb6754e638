"""Readiness: every part the service needs is asked, and the list of answers is the verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from service.core.embedding import Embedding
from service.core.errors import Overloaded, ServiceError, Unavailable
from service.core.interfaces import Embedder, VectorStore

CHECK_TIMEOUT_S = 5.0
REPORT_LIFE_S = 1.0
"""Reports are shared this long, so that many probes cost no more than one."""

GOLDEN_SIMILARITY = 0.999
"""bf16 and other batch sizes stay above 0.9999; another model or a broken one is far below."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One part's answer; `detail` says what is wrong."""

    ok: bool
    detail: str | None
    took_ms: float


@dataclass(frozen=True, slots=True)
class Filling:
    """How far an incomplete index has come, in products."""

    indexed: int
    expected: int

    @property
    def share(self) -> float:
        return self.indexed / self.expected


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """`ready` only if every check is ok and enough of the products are in the index.

    `products` is None where the store does not answer, `filling` also where the index is complete.
    """

    ready: bool
    checks: Mapping[str, CheckResult]
    encoders: Mapping[str, str]
    collection: str
    products: int | None
    warnings: tuple[str, ...]
    filling: Filling | None = None


class Readiness:
    """Asks the encoders (by a golden picture), the batcher and the stores."""

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
        report_life_s: float = REPORT_LIFE_S,
    ) -> None:
        self._embed_golden = embed_golden
        self._golden = golden
        self._check_batcher = check_batcher
        self._signals = embedder.signals
        self._store = store
        self._ping_blobs = ping_blobs
        self._collection = collection
        self._warnings = warnings
        self._expected_products = expected_products
        self._ready_at_share = ready_at_share
        self._report_life_s = report_life_s
        self._lock = asyncio.Lock()
        self._golden_trouble: str | None = None
        self._report: ReadinessReport | None = None
        self._reported_at = 0.0

    async def check(self) -> ReadinessReport:
        """The report; probes that come together share one."""
        async with self._lock:
            if self._report is None or time.monotonic() - self._reported_at > self._report_life_s:
                self._report = await self._ask()
                self._reported_at = time.monotonic()
            return self._report

    async def _ask(self) -> ReadinessReport:
        products: list[int] = []

        async def ask_store() -> None:
            await self._store.ping()
            products.append(await self._store.count_products())

        checks = {
            "encoders": self._compare_golden,
            "batcher": self._ask_batcher,
            "vector_store": ask_store,
            "blob_store": self._ping_blobs,
        }
        answers = await asyncio.gather(*(_checked(check) for check in checks.values()))
        expected = self._expected_products()
        filling = Filling(products[0], expected) if products and expected else None
        enough = filling is None or filling.share >= self._ready_at_share
        return ReadinessReport(
            ready=enough and all(answer.ok for answer in answers),
            checks=dict(zip(checks, answers, strict=True)),
            encoders={signal.name: signal.encoder for signal in self._signals},
            collection=self._collection,
            products=products[0] if products else None,
            warnings=self._warnings(),
            filling=filling,
        )

    async def _compare_golden(self) -> None:
        # A full queue says nothing about the encoders: what they answered last still holds.
        with suppress(Overloaded):
            self._golden_trouble = self._trouble_with(await self._embed_golden())
        if self._golden_trouble is not None:
            raise Unavailable(self._golden_trouble)

    def _trouble_with(self, embedded: Embedding) -> str | None:
        for name, expected in self._golden.vectors.items():
            similarity = float(embedded.vectors[name] @ expected)
            if similarity < GOLDEN_SIMILARITY:
                return (
                    f"The {name} encoder embeds the golden picture at {similarity:.4f} to its"
                    f" stored vector, at least {GOLDEN_SIMILARITY} is right: restart the service."
                )
        return None

    async def _ask_batcher(self) -> None:
        trouble = self._check_batcher()
        if trouble is not None:
            raise Unavailable(trouble)


async def _checked(check: Callable[[], Awaitable[None]]) -> CheckResult:
    started = time.perf_counter()
    detail = None
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except ServiceError as exc:
        detail = exc.detail
    except TimeoutError:
        detail = f"No answer within {CHECK_TIMEOUT_S:g} s."
    except Exception as exc:  # whatever is wrong with a part, the answer is that it is not ready
        detail = f"It failed: {exc!r}."
    took_ms = (time.perf_counter() - started) * 1000
    return CheckResult(ok=detail is None, detail=detail, took_ms=took_ms)
