"""The command line: `python -m service COMMAND`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from dotenv import dotenv_values
from pydantic import ValidationError

from service.config import Settings, misspelt
from service.core.errors import ServiceError

COMMANDS = {
    "serve": "serve",
    "import": "import_products",
    "samples": "samples",
    "evaluate": "evaluate",
    "reindex": "reindex",
    "weights": "weights",
    "openapi": "openapi",
}
READ_SETTINGS = ("serve", "reindex", "weights")

POLLS_BEFORE_SLEEP = "1000"
"""How often a waiting OpenMP thread polls before it sleeps.

By default it polls for milliseconds, on a core that decoding or another process could use."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns 0, or 1 if it failed; wrong arguments exit with 2."""
    parser = argparse.ArgumentParser(prog="python -m service", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module_name in COMMANDS.items():
        module = importlib.import_module(f"service.commands.{module_name}")
        summary = (module.__doc__ or "").strip().splitlines()[0]
        subparser = subparsers.add_parser(name, help=summary, description=module.__doc__)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    arguments = parser.parse_args(argv)
    if arguments.command in READ_SETTINGS:
        _report_misspelt()
    if "OMP_WAIT_POLICY" not in os.environ:
        # PyTorch's OpenMP reads this once, when it is loaded.
        os.environ.setdefault("GOMP_SPINCOUNT", POLLS_BEFORE_SLEEP)
    try:
        return int(arguments.run(arguments))
    except ServiceError as exc:
        print(f"error: {exc.detail}", file=sys.stderr)
    except ValidationError as exc:
        for error in exc.errors():
            name = "_".join(str(part) for part in error["loc"]).upper()
            print(f"error: setting {name}: {error['msg']}", file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    return 1


def _report_misspelt() -> None:
    names = [*os.environ, *dotenv_values(str(Settings.model_config["env_file"]))]
    for name, right in misspelt(names).items():
        print(f"warning: {name} is not a setting; did you mean {right}?", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
