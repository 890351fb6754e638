"""Writes an embedded query as a token, and reads it back as a part of another query.

A token holds the vectors themselves, so that every replica can read it, also after a restart. It
is base64url of a JSON header, a line feed, and the float32 vectors (little endian) one after the
other. A caller can make one, so everything in it is checked.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from service.core.embedding import Embedding, Signal, Vector
from service.core.errors import ForeignToken, InvalidToken
from service.core.query import KINDS, EmbeddedPart
from service.core.text import has_surrogate

MAX_TOKEN_CHARS = 16 * 1024 - 1
MAX_HEADER_BYTES = 1020
"""Leaves room for 2,816 numbers, as CLIP ViT-L/14 and ResNet50 make."""
MAX_WORDS_BYTES = 512
SHORTENED_WORD_CHARS = 40
"""JSON takes at most 12 bytes for a character."""
MAX_ENCODER_NAME_CHARS = 64
TOLERANCE = 1e-3
"""The largest error of a length or a sum that should be 1."""


@dataclass(frozen=True, slots=True)
class QueryTokens:
    """Writes and reads the tokens of one set of encoders, which `fingerprint` identifies."""

    fingerprint: str
    signals: Sequence[Signal]

    def write(self, query: EmbeddedPart) -> str:
        """Returns the token. Raises InvalidToken if the vectors of these encoders are too large."""
        vectors = query.embedding.vectors
        header = {
            "fingerprint": self.fingerprint,
            "encoders": [signal.encoder[:MAX_ENCODER_NAME_CHARS] for signal in self.signals],
            "signals": list(vectors),
            "kinds": [query.kinds.get(kind, 0.0) for kind in KINDS],
            "ignored_words": _that_fit(query.ignored_words),
        }
        data = [vector.astype("<f4").tobytes() for vector in vectors.values()]
        whole = b"\n".join([json.dumps(header).encode(), b"".join(data)])
        token = base64.urlsafe_b64encode(whole).decode()
        if len(token) > MAX_TOKEN_CHARS:
            raise InvalidToken(
                "The vectors of the encoders in use are too large for a token; leave out"
                " `return_token`, and send the picture again to refine the search."
            )
        return token

    def read(self, token: str, weight: float = 1.0) -> EmbeddedPart:
        """Returns the query. Raises InvalidToken, and ForeignToken if other encoders made it."""
        try:
            header, data = _split(token)
            self._check_encoders(header)
            names, words = header["signals"], header["ignored_words"]
            return EmbeddedPart(
                Embedding(self._vectors(_strings(names), data)),
                weight,
                dict(zip(KINDS, _shares(header["kinds"]), strict=True)),
                tuple(_strings(words)),
            )
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as exc:
            raise InvalidToken(
                "This is not a token of this service; take `query.token` of an answer as it is."
            ) from exc

    def _check_encoders(self, header: Mapping[str, Any]) -> None:
        if header["fingerprint"] != self.fingerprint:
            theirs = " and ".join(_strings(header["encoders"]))[: 3 * MAX_ENCODER_NAME_CHARS]
            ours = " and ".join(signal.encoder for signal in self.signals)
            raise ForeignToken(
                f"This token was made by other encoders ({theirs}); here {ours} are in use. Search"
                " again with the picture or the text itself."
            )

    def _vectors(self, names: Sequence[str], data: bytes) -> dict[str, Vector]:
        dimensions = {signal.name: signal.dimensions for signal in self.signals}
        if not names or len(set(names)) != len(names):
            raise ValueError("signals are missing or repeated")
        sizes = [dimensions[name] for name in names]
        numbers = np.frombuffer(data, dtype="<f4").astype(np.float32)
        if len(numbers) != sum(sizes) or not np.isfinite(numbers).all():
            raise ValueError("the vectors have another size, or numbers that are not finite")
        vectors = dict(zip(names, np.split(numbers, list(accumulate(sizes))[:-1]), strict=True))
        for vector in vectors.values():
            if abs(float(np.linalg.norm(vector.astype(np.float64))) - 1) > TOLERANCE:
                raise ValueError("a vector is not of unit length")
        return vectors


def _split(token: str) -> tuple[dict[str, Any], bytes]:
    if len(token) > MAX_TOKEN_CHARS:
        raise ValueError("the token is too long")
    try:
        whole = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except binascii.Error as exc:
        raise ValueError("the token is no base64url") from exc
    head, _, data = whole.partition(b"\n")
    if len(head) > MAX_HEADER_BYTES:
        raise ValueError("the header is too long")
    header = json.loads(head)
    if not isinstance(header, dict):
        raise ValueError("the header is no object")
    return header, data


def _strings(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("this is no list of strings")
    if any(map(has_surrogate, value)):
        raise ValueError("a string has half of a surrogate pair")
    return value


def _shares(value: object) -> list[float]:
    if not isinstance(value, list) or len(value) != len(KINDS):
        raise ValueError("the kinds are not complete")
    shares = [float(share) for share in value]
    if not all(0 <= share <= 1 for share in shares) or abs(math.fsum(shares) - 1) > TOLERANCE:
        raise ValueError("the shares of the kinds do not add up")
    return shares


def _that_fit(words: Sequence[str]) -> list[str]:
    """Returns the first words, and at least a part of one, because its query has no verdict."""
    lengths = accumulate(len(json.dumps(word)) + 2 for word in words)
    kept = [word for word, length in zip(words, lengths, strict=True) if length <= MAX_WORDS_BYTES]
    return kept or [f"{word[:SHORTENED_WORD_CHARS]}…" for word in words[:1]]
