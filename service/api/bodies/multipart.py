"""Reads multipart/form-data into parts, and limits their number and size while it streams."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from service.api.bodies.encoding import refuse_encoding
from service.api.problems import (
    FieldError,
    ProblemError,
    http_problem,
    invalid_request,
    pointer,
)

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELD_NAME_CHARS = 128
PLAIN = (b"binary", b"8bit", b"7bit")
BINARY_TYPES = ("image/", "application/octet-stream")
MAX_PREAMBLE_BYTES = 64 * 1024

_EXTENDED_NAME = re.compile(rb";\s*filename\*\s*=\s*([\w-]+)'[^']*'([^;\s]+)", re.IGNORECASE)
"""A file name in the form of RFC 8187: character set, language and percent-encoded bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one form: numbers of files and texts, and the size of a file and of a text."""

    files: int
    texts: int
    file_bytes: int
    text_bytes: int


@dataclass(slots=True, eq=False)
class Part:
    """One part of a form."""

    name: str
    content_type: str = ""
    filenames: tuple[str, ...] = ()
    """The file name in each way that the header can be read; empty if there is none."""
    data: bytearray = field(default_factory=bytearray)

    @property
    def filename(self) -> str | None:
        return self.filenames[0] if self.filenames else None

    @property
    def is_file(self) -> bool:
        """True if the part has a file name or a binary content type, and is not JSON.

        Some clients send pictures without a file name; others send JSON with one.
        """
        if self.content_type == "application/json":
            return False
        return self.filename is not None or self.content_type.startswith(BINARY_TYPES)


async def read_form(request: Request, limits: Limits, *, hint: str = "") -> list[Part]:
    """Returns all parts in order. Raises ProblemError: 415, 413, 422 or 400.

    `hint` is added to the message for another content type, and names the right call for that.
    """
    refuse_encoding(request)
    boundary = _boundary(request.headers.get("content-type", ""), hint)
    reader = _Reader(limits)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        async for chunk in _from_first_boundary(request.stream(), b"--" + boundary):
            parser.write(chunk)
    except FormParserError as error:
        raise _malformed(
            "The multipart body is malformed; check how the client builds it."
        ) from error
    if not reader.ended:
        raise _malformed(
            "The multipart body ends before its closing boundary; send the complete body."
        )
    return reader.parts


async def _from_first_boundary(
    chunks: AsyncIterator[bytes], delimiter: bytes
) -> AsyncIterator[bytes]:
    """Yields the body without the preamble before its first part (RFC 2046, section 5.1.1)."""
    head, found = bytearray(), False
    async for chunk in chunks:
        if found:
            yield chunk
            continue
        head += chunk
        start = 0 if head.startswith(delimiter) else head.find(b"\r\n" + delimiter)
        found = start >= 0
        if found:
            yield bytes(head[start:])
        elif len(head) > MAX_PREAMBLE_BYTES:
            raise _malformed(
                "The multipart body does not begin with its boundary; send the boundary first."
            )


def _boundary(content_type: str, hint: str) -> bytes:
    media_type, options = parse_options_header(content_type)
    if media_type != b"multipart/form-data":
        shown = media_type.decode("latin-1")[:100]
        sent = f"the content type {shown}" if shown else "no content type"
        raise ProblemError(
            http_problem(415, f"Send multipart/form-data; this has {sent}.{hint}"),
            {"Accept": "multipart/form-data"},
        )
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise _malformed(
            "The Content-Type header has no boundary; let the client library set this header."
        )
    return boundary


def _malformed(detail: str) -> ProblemError:
    return ProblemError(http_problem(400, detail))


class _Reader:
    """Collects the parts from the parser's callbacks."""

    def __init__(self, limits: Limits) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._limits = limits
        self._headers: dict[bytes, bytes] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._files = self._texts = 0

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_end": self._on_end,
        }

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _on_headers_finished(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        if b"name" not in options:
            raise _malformed(
                "A part of the body has no name in its Content-Disposition header; add one."
            )
        name = _decoded(options[b"name"], "The name of a field", at="")
        if self._headers.get(b"content-transfer-encoding", b"binary").lower() not in PLAIN:
            detail = "Send the part without a Content-Transfer-Encoding (RFC 7578, section 4.7)."
            raise invalid_request(FieldError(pointer((name,)), detail))
        if len(name) > MAX_FIELD_NAME_CHARS:
            raise invalid_request(
                FieldError(
                    "", f"The name of a field is longer than {MAX_FIELD_NAME_CHARS} characters."
                )
            )
        content_type, _ = parse_options_header(self._headers.get(b"content-type", b""))
        part = Part(name, content_type.decode("latin-1"), _file_names(disposition))
        self._count(part)
        self.parts.append(part)

    def _count(self, part: Part) -> None:
        self._files += part.is_file
        self._texts += not part.is_file
        if self._files > self._limits.files:
            raise ProblemError(
                http_problem(413, f"There are too many files; send at most {self._limits.files}.")
            )
        if self._texts > self._limits.texts:
            raise ProblemError(
                http_problem(413, f"There are too many fields; send at most {self._limits.texts}.")
            )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self.parts[-1]
        part.data += data[start:end]
        longest = self._limits.file_bytes if part.is_file else self._limits.text_bytes
        if len(part.data) > longest:
            what = f"file {part.filename!r}" if part.filename else f"field {part.name!r}"
            detail = f"The {what} is larger than {longest:,} bytes; send a smaller one."
            raise ProblemError(http_problem(413, detail, FieldError(pointer((part.name,)), detail)))

    def _on_end(self) -> None:
        self.ended = True


def _file_names(disposition: bytes) -> tuple[str, ...]:
    """Returns the possible readings of the file name, which clients encode in different ways.

    Browsers percent-encode quotes in it, and some clients percent-encode all non-ASCII bytes.
    """
    _, options = parse_options_header(disposition)
    names = []
    if extended := _EXTENDED_NAME.search(disposition):
        names.append(_decoded_leniently(unquote_to_bytes(extended[2]), extended[1].decode()))
    if b"filename" in options:
        plain = _decoded_leniently(options[b"filename"], "utf-8")
        names += [plain, unquote(plain)]
    return tuple(dict.fromkeys(names))


def _decoded_leniently(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (ValueError, LookupError):  # Some codecs raise a UnicodeError, or do not give text.
        return data.decode("latin-1")


def text_of(part: Part) -> str:
    """Returns the part as text. Raises a 422 ProblemError unless it is UTF-8."""
    return _decoded(bytes(part.data), f"The field {part.name!r}", at=pointer((part.name,)))


def _decoded(data: bytes, what: str, *, at: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_request(FieldError(at, f"{what} is not UTF-8; encode it as UTF-8.")) from None
