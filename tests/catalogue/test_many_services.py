"""Several services that write one product at once: what is acknowledged is there afterwards."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from service.catalogue.record_json import product_to_json
from service.catalogue.records import ProductRecords, image_id
from service.core.errors import ServiceError, Unavailable
from service.core.product import ProductFields
from service.repositories.blobs import ObstoreBlobs
from tests.catalogue.one_of_many import WRITES
from tests.catalogue.services import GRACE, Clock, Service
from tests.fakes import BruteForceStore, MemoryBlobs
from tests.s3 import s3_blobs, s3_server

FIELDS = ProductFields("Shoe", "", {})


async def test_of_eight_services_no_acknowledged_change_is_lost() -> None:
    blobs, store = ObstoreBlobs.from_url("memory:///"), BruteForceStore()
    services = [Service(blobs, store) for _ in range(8)]
    await services[0].catalogue.create("a", FIELDS, [b"front"])

    async def change(number: int, service: Service) -> None:
        for step in range(8):
            await service.catalogue.patch("a", {"attributes": {f"{number}-{step}": step}})

    await asyncio.gather(*(change(number, service) for number, service in enumerate(services)))

    product = await services[0].catalogue.get("a")
    assert len(product.attributes) == 64
    assert [point.payload.product for point in store.points.values()] == [product]
    assert [key async for key in blobs.list("pending/")] == []
    await blobs.close()


@pytest.mark.timeout(300)
async def test_of_eight_processes_on_a_bucket_no_acknowledged_change_is_lost() -> None:
    with s3_server() as port:
        blobs = s3_blobs(port)
        await Service(blobs, BruteForceStore()).catalogue.create("a", FIELDS, [b"front"])
        processes = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.catalogue.one_of_many", str(port), str(number)),
                stdout=asyncio.subprocess.PIPE,
            )
            for number in range(8)
        ]
        answers = await asyncio.gather(*(process.communicate() for process in processes))
        acknowledged = {name for out, _ in answers for name in out.decode().split()}

        product = await ProductRecords(blobs).read("a")

        assert [process.returncode for process in processes] == [0] * 8
        assert len(acknowledged) >= 8 * WRITES / 2
        assert product is not None
        assert product.attributes.keys() >= acknowledged
        assert [key async for key in blobs.list("pending/")] == []
        await blobs.close()


async def test_pictures_that_services_add_and_take_away_at_once_are_all_there_or_gone() -> None:
    blobs, store = MemoryBlobs(), BruteForceStore()
    first, second = Service(blobs, store), Service(blobs, store)
    await first.catalogue.create("a", FIELDS, [b"front", b"old"])

    await asyncio.gather(
        first.catalogue.add_image("a", b"left"),
        second.catalogue.add_image("a", b"right"),
        second.catalogue.delete_image("a", image_id(b"old")),
    )

    product = await second.catalogue.get("a")
    wanted = {image_id(data) for data in (b"front", b"left", b"right")}
    assert {image.image_id for image in product.images} == wanted
    assert {key.rpartition("/")[2] for key in blobs.objects if "images/" in key} == wanted
    assert {point.payload.image_id for point in store.points.values()} == wanted


async def test_of_services_that_create_one_product_one_wins() -> None:
    blobs, store = MemoryBlobs(), BruteForceStore()
    services = [Service(blobs, store) for _ in range(4)]

    answers = await asyncio.gather(
        *(service.catalogue.create("a", FIELDS, [b"front"]) for service in services),
        return_exceptions=True,
    )

    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert len(store.points) == 1


@dataclass(frozen=True)
class State:
    """A product as far as these tests look at it; None stands for no product."""

    name: str
    attributes: frozenset[str]
    images: tuple[str, ...]


Step = Callable[[State | None], State | None]
"""Applies an operation to the state. Raises LookupError if it must be refused."""


@dataclass(frozen=True)
class Operation:
    """A call to one service, and what the call means."""

    call: Callable[[Service], Awaitable[object]]
    step: Step


def patch(attribute: str) -> Operation:
    def step(state: State | None) -> State | None:
        state = there(state)
        return State(state.name, state.attributes | {attribute}, state.images)

    merge = {"attributes": {attribute: 1}}
    return Operation(lambda service: service.catalogue.patch("a", merge), step)


def put(name: str, images: tuple[str, ...]) -> Operation:
    fields = ProductFields(name, "", {})
    data = [image.encode() for image in images]
    return Operation(
        lambda service: service.catalogue.replace("a", fields, data),
        lambda _: State(name, frozenset(), images),
    )


def post(name: str, images: tuple[str, ...]) -> Operation:
    def step(state: State | None) -> State | None:
        if state is not None:
            raise LookupError
        return State(name, frozenset(), images)

    fields = ProductFields(name, "", {})
    data = [image.encode() for image in images]
    return Operation(lambda service: service.catalogue.create("a", fields, data), step)


def add(image: str) -> Operation:
    def step(state: State | None) -> State | None:
        state = there(state)
        if image in state.images:
            return state
        if len(state.images) == 5:
            raise LookupError
        return State(state.name, state.attributes, (*state.images, image))

    return Operation(lambda service: service.catalogue.add_image("a", image.encode()), step)


def drop(image: str) -> Operation:
    def step(state: State | None) -> State | None:
        state = there(state)
        if image not in state.images or len(state.images) == 1:
            raise LookupError
        left = tuple(one for one in state.images if one != image)
        return State(state.name, state.attributes, left)

    identity = image_id(image.encode())
    return Operation(lambda service: service.catalogue.delete_image("a", identity), step)


def delete() -> Operation:
    def step(state: State | None) -> State | None:
        there(state)
        return None

    return Operation(lambda service: service.catalogue.delete("a"), step)


def there(state: State | None) -> State:
    if state is None:
        raise LookupError
    return state


IMAGES = ("one", "two", "three", "four", "five", "six")
names = st.sampled_from(["Shoe", "Boot"])
image_lists = st.lists(st.sampled_from(IMAGES), min_size=1, max_size=3, unique=True).map(tuple)
operations = st.one_of(
    st.sampled_from(["p", "q", "r", "s"]).map(patch),
    st.builds(put, names, image_lists),
    st.builds(post, names, image_lists),
    st.sampled_from(IMAGES).map(add),
    st.sampled_from(IMAGES).map(drop),
    st.builds(delete),
)
faults = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 14), st.booleans(), st.sampled_from(["before", "behind", "twice"])),
)

DONE, REFUSED, UNKNOWN = "done", "refused", "unknown"


def possible(state: State | None, outcomes: list[tuple[Step, str]]) -> set[State | None]:
    """Every state that the operations may leave behind, one after the other in any order.

    Those that ended in Unavailable may have been applied or not.
    """
    ends: set[State | None] = set()
    for order in itertools.permutations(outcomes):
        reached = {state}
        for step, outcome in order:
            reached = {after for before in reached for after in _after(before, step, outcome)}
        ends |= reached
    return ends


def _after(state: State | None, step: Step, outcome: str) -> list[State | None]:
    try:
        applied = step(state)
    except LookupError:
        return [] if outcome == DONE else [state]
    if outcome == DONE:
        return [applied]
    return [state, applied] if outcome == UNKNOWN else []


class TwoServices(RuleBasedStateMachine):
    """Two services write one product, one after the other or at once, and fail at any step."""

    @initialize(seed=st.integers(0, 1000))
    def start(self, seed: int) -> None:
        self.blobs, self.store, self.clock = MemoryBlobs(), BruteForceStore(), Clock()
        self.random = random.Random(seed)
        self.services = [self.service(), self.service()]
        self.state: State | None = None

    def service(self) -> Service:
        service = Service(self.blobs, self.store, clock=self.clock, longest_wait_s=0.05)
        service.faults.turns = self.random
        return service

    @rule(
        asked=st.lists(st.tuples(st.integers(0, 1), operations), min_size=1, max_size=3),
        faults=st.tuples(faults, faults),
    )
    def write(self, asked, faults) -> None:  # type: ignore[no-untyped-def]
        for service, fault in zip(self.services, faults, strict=True):
            if fault is not None:
                service.faults.after, service.faults.lasting, service.faults.kind = fault
        asyncio.run(self.write_and_check(asked))

    @rule(number=st.integers(0, 1))
    @precondition(lambda self: hasattr(self, "services"))
    def restart(self, number: int) -> None:
        self.services[number] = self.service()

    async def write_and_check(self, asked: list[tuple[int, Operation]]) -> None:
        outcomes = await asyncio.gather(
            *(self.outcome(self.services[number], operation) for number, operation in asked)
        )
        steps = [operation.step for _, operation in asked]
        await self.repair()
        ends = possible(self.state, list(zip(steps, outcomes, strict=True)))
        self.state = await self.current()
        assert self.state in ends, (self.state, outcomes)

    async def outcome(self, service: Service, operation: Operation) -> str:
        try:
            await operation.call(service)
        except Unavailable:
            return UNKNOWN
        except ServiceError:
            return REFUSED
        return DONE

    async def repair(self) -> None:
        for service in self.services:
            service.faults.after = None
        await self.services[0].catalogue.repair()
        self.clock.time += GRACE + timedelta(seconds=1)
        await self.services[1].catalogue.repair()

    async def current(self) -> State | None:
        """The product by its record, after a look at whether all else agrees with the record."""
        product = await self.services[0].records.read("a")
        pictures = {image.image_id for image in product.images} if product else set()
        keys = self.blobs.objects
        assert not any(key.startswith("pending/") for key in keys)
        assert {key.rpartition("/")[2] for key in keys if "images/" in key} == pictures
        payloads = [point.payload for point in self.store.points.values()]
        assert {payload.image_id for payload in payloads} == pictures
        if product is None:
            return None
        assert all(as_stored(payload.product) == as_stored(product) for payload in payloads)
        by_id = {image_id(image.encode()): image for image in IMAGES}
        images = tuple(by_id[image.image_id] for image in product.images)
        return State(product.name, frozenset(product.attributes), images)


def as_stored(product) -> dict[str, object]:  # type: ignore[no-untyped-def]
    return product_to_json(product) | {"revision": ""}


TwoServices.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_two_services_with_faults = pytest.mark.timeout(300)(TwoServices.TestCase)
