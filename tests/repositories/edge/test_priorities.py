"""The engine process serves requests by priority, and its silence is measured."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from service.repositories.edge.child import Silence
from service.repositories.edge.directory import CollectionDirectory
from service.repositories.edge.process import (
    FLUSH_AFTER_WRITES,
    EngineProcess,
    FlushClock,
    Pipe,
    RequestQueue,
)
from service.repositories.edge.protocol import Decoder, Open, Opened, Reply, Request, encode
from service.repositories.edge.shard import Shard
from service.repositories.shared.payload import to_stored
from tests.repositories.points import DIMENSIONS, clustered, make_point


def served(operations: list[str]) -> list[str]:
    queue = RequestQueue()
    for number, operation in enumerate(operations):
        queue.add(Request(number, operation, ()))
    order = []
    while queue:
        order.append(queue.next().operation)
    return order


def test_searches_go_before_writes() -> None:
    assert served(["upsert", "search", "delete", "count_points"]) == [
        "search",
        "count_points",
        "upsert",
        "delete",
    ]


def test_writes_are_not_starved_by_searches() -> None:
    order = served(["upsert", "upsert"] + ["search"] * 20)
    assert order.index("upsert") == RequestQueue.READS_IN_A_ROW
    assert order[2 * RequestQueue.READS_IN_A_ROW + 1] == "upsert"


def test_closing_waits_for_what_was_asked_before() -> None:
    queue = RequestQueue()
    queue.add(Request(1, "upsert", ()))
    queue.add(Request(2, "close", ()))
    assert (queue.closed, bool(queue)) == (True, True)
    assert queue.next().operation == "upsert"
    assert not queue


def test_messages_are_whole_however_their_bytes_arrive() -> None:
    sent = [Reply(1, "a" * 1000), Request(2, "search", (b"\x00",)), Reply(3, error="no")]
    data = b"".join(encode(message) for message in sent)
    for size in (1, 7, 100, len(data)):
        decoder = Decoder()
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert [message for piece in pieces for message in decoder.feed(piece)] == sent


def test_a_process_that_was_asked_nothing_is_not_silent() -> None:
    silence = Silence()
    silence.heard(0)
    assert silence.lasts_s(60) == 0
    silence.asked(1, 60)
    assert silence.lasts_s(65) == 5


def test_silence_is_counted_from_the_oldest_question_and_ends_with_a_word() -> None:
    silence = Silence()
    silence.asked(1, 10)
    silence.asked(2, 40)
    assert silence.lasts_s(64) == 54
    silence.heard(64)
    silence.answered(1)
    assert silence.lasts_s(66) == 2
    silence.answered(2)
    assert silence.lasts_s(1000) == 0


@pytest.mark.parametrize(
    ("when_quiet_s", "min_free_bytes", "deleted", "compacted"),
    [
        pytest.param(0.0, 0, 600, True, id="quiet"),
        pytest.param(3600.0, 0, 600, False, id="busy"),
        pytest.param(0.0, 0, 100, False, id="few deleted"),
        pytest.param(0.0, 2**62, 600, False, id="no room"),
    ],
)
def test_segments_with_deleted_points_are_compacted_in_quiet_times(
    tmp_path: Path, when_quiet_s: float, min_free_bytes: int, deleted: int, compacted: bool
) -> None:
    directory = CollectionDirectory(tmp_path / "c", dimensions=DIMENSIONS, fingerprint="f")
    directory.path.mkdir()
    shard = directory.open()
    points = [make_point(f"p{number}", vector) for number, vector in enumerate(clustered(2000))]
    ids = [point.point_id for point in points]
    vectors = np.stack([point.vector for point in points])
    shard.upsert(ids, vectors, [to_stored(point.payload) for point in points])
    shard.close()

    def segments() -> set[str]:
        return {path.name for path in (tmp_path / "c" / "shard" / "segments").iterdir()}

    before = segments()
    (asked, ask), (answered, answer) = os.pipe(), os.pipe()
    for message in (Request(1, "delete", (ids[:deleted],)), Request(2, "close", ())):
        os.write(ask, encode(message))
    opening = Open(str(tmp_path / "c"), DIMENSIONS, "f", 0.0, min_free_bytes)
    EngineProcess(Pipe(asked, answer), directory, opening, FlushClock(when_quiet_s)).run()
    os.close(answer)
    with os.fdopen(answered, "rb") as replies:
        assert list(Decoder().feed(replies.read())) == [Opened(), Reply(1)]
    for end in (asked, ask):
        os.close(end)
    assert (segments() != before) == compacted
    shard = directory.open()
    assert shard.count_points() == 2000 - deleted
    shard.close()


def test_many_writes_are_flushed_though_no_pause_comes() -> None:
    clock = FlushClock()
    for _ in range(FLUSH_AFTER_WRITES - 1):
        clock.served(wrote=True)
    assert clock.due_in_s != 0.0

    clock.served(wrote=True)
    assert clock.due_in_s == 0.0

    clock.flushed()
    assert clock.due_in_s is None


def test_a_start_shortens_the_log_that_the_next_start_repeats(tmp_path: Path) -> None:
    directory = CollectionDirectory(tmp_path / "c", dimensions=DIMENSIONS, fingerprint="f")
    (tmp_path / "c").mkdir()
    shard = directory.open()
    points = [make_point(f"p{n}", vector) for n, vector in enumerate(clustered(50))]
    for point in points:
        shard.upsert([point.point_id], point.vector[None], [to_stored(point.payload)])
    killed = tmp_path / "killed"
    shutil.copytree(tmp_path / "c" / "shard", killed)  # as a killed process leaves it
    shard.close()

    Shard.load(killed, DIMENSIONS)

    assert json.loads((killed / "wal" / "first-index").read_text())["ack_index"] >= 50
