"""Writes .env.example from the settings class, or with --check says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from service.config import Settings

TARGET: Final = Path(__file__).parent.parent / ".env.example"
HEAD: Final = """\
# Every setting with its default. Copy this file to .env, take the # off a line, change the value.
# The environment goes before .env; an empty value means the default.
"""
SECTIONS: Final = {
    "host": "Process",
    "encoders": "Encoders",
    "batch_max_items": "Queue in front of the models",
    "max_upload_bytes": "Limits of what is accepted",
    "qdrant_url": "Stores",
    "api_keys": "Access",
    "cors_origins": "Browsers and proxies",
}
"""Heading over the first setting of each section."""


def render() -> str:
    """The whole text of .env.example."""
    missing = SECTIONS.keys() - Settings.model_fields.keys()
    if missing:
        raise SystemExit(f"SECTIONS names settings that are gone: {', '.join(sorted(missing))}")
    return HEAD + "".join(_entry(name, field) for name, field in Settings.model_fields.items())


def _entry(name: str, field: FieldInfo) -> str:
    heading = f"\n\n# --- {SECTIONS[name]} ---\n" if name in SECTIONS else ""
    explained = f"# {field.description}\n{_choices(field)}"
    return f"{heading}\n{explained}# {name.upper()}={_value(field.default)}\n"


def _choices(field: FieldInfo) -> str:
    if get_origin(field.annotation) is not Literal:
        return ""
    return f"# One of: {', '.join(get_args(field.annotation))}\n"


def _value(default: Any) -> str:
    """The default as the environment spells it; any type that a setting can have."""
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def main(arguments: list[str]) -> int:
    text = render()
    if arguments == ["--check"]:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write(".env.example is out of date: make env-example\n")
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
