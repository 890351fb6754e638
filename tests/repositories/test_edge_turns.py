"""The order in which the engine process serves what waits."""

from __future__ import annotations

from service.repositories.edge_process import Turns
from service.repositories.edge_protocol import Decoder, Reply, Request, encode


def served(operations: list[str]) -> list[str]:
    turns = Turns()
    for number, operation in enumerate(operations):
        turns.add(Request(number, operation, ()))
    order = []
    while turns:
        order.append(turns.next().operation)
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
    assert order.index("upsert") == Turns.READS_IN_A_ROW
    assert order[2 * Turns.READS_IN_A_ROW + 1] == "upsert"


def test_closing_waits_for_what_was_asked_before() -> None:
    turns = Turns()
    turns.add(Request(1, "upsert", ()))
    turns.add(Request(2, "close", ()))
    assert (turns.closed, bool(turns)) == (True, True)
    assert turns.next().operation == "upsert"
    assert not turns


def test_messages_are_whole_however_their_bytes_arrive() -> None:
    sent = [Reply(1, "a" * 1000), Request(2, "search", (b"\x00",)), Reply(3, error="no")]
    data = b"".join(encode(message) for message in sent)
    for size in (1, 7, 100, len(data)):
        decoder = Decoder()
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert [message for piece in pieces for message in decoder.feed(piece)] == sent
