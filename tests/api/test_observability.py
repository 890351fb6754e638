"""Log lines, as a process writes them."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import logging, sys
import structlog
from service.config import Settings
from service.observability import configure_logging

configure_logging(Settings(_env_file=None, log_format=sys.argv[1]))
log = structlog.stdlib.get_logger("test")
with structlog.contextvars.bound_contextvars(request_id="r1"):
    log.info("hello", n=1)
    logging.getLogger("uvicorn.error").info("Started %s", "now")
    log.debug("unseen")
    try:
        key = "hunter2"
        raise ValueError("wrong")
    except ValueError:
        log.exception("failed")
"""


def lines(log_format: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, log_format], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_has_one_object_a_line_for_every_logger() -> None:
    hello, started, failed = (json.loads(line) for line in lines("json"))

    assert (hello["event"], hello["n"], hello["level"]) == ("hello", 1, "info")
    assert started["event"] == "Started now"
    assert started["logger"] == "uvicorn.error"
    assert {line["request_id"] for line in (hello, started, failed)} == {"r1"}
    assert "ValueError: wrong" in failed["exception"]


def test_tracebacks_show_no_variables() -> None:
    for log_format in ("json", "console"):
        text = "\n".join(lines(log_format))
        assert "ValueError: wrong" in text
        assert "hunter2" not in text
