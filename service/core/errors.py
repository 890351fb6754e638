"""The exception tree of the service; it knows no HTTP.

ServiceError
├── InvalidInput                the caller must change the request
│   ├── InvalidImage            bytes that are no readable picture
│   │   └── ImageTooLarge       too many bytes or pixels
│   ├── InvalidText             a text no encoder can place
│   ├── InvalidQuery            parts of a query that leave nothing to search for
│   ├── InvalidWeights          weights that are negative, not finite or all zero
│   ├── InvalidCrop             a crop outside the picture
│   ├── InvalidFilter           a filter that says nothing this service understands
│   ├── InvalidProduct          a product's fields break a rule
│   └── InvalidCursor           a cursor this service did not make
├── Unexplained                 an encoder cannot tell where in a picture a similarity lies
├── NotFound                    no such product or image
├── Conflict                    the product exists already
├── Unavailable                 try again later; nothing was lost
│   ├── Overloaded              the queue is full or the wait was too long
│   ├── StoreUnavailable        the vector or blob store does not answer
│   └── Starting                the service is still loading
└── SetupError                  the service cannot start as configured
    ├── WeightsUnavailable      a model's weights are neither at hand nor to be had
    └── StoreInUse              another process has the embedded store open
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""The path to a value inside a larger one: names of fields and positions in lists."""


class ServiceError(Exception):
    """Base of all. `detail` is a sentence that says what to do."""

    def __init__(self, detail: str, *, place: Place = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.place = place
        """Where the mistake is, inside the value that the function was given."""


@contextmanager
def within(*place: str | int) -> Iterator[None]:
    """Puts `place` in front of the place of every InvalidInput that is raised inside."""
    try:
        yield
    except InvalidInput as error:
        error.place = (*place, *error.place)
        raise


class InvalidInput(ServiceError): ...


class InvalidImage(InvalidInput): ...


class ImageTooLarge(InvalidImage): ...


class InvalidText(InvalidInput): ...


class InvalidQuery(InvalidInput): ...


class InvalidWeights(InvalidInput): ...


class InvalidCrop(InvalidInput): ...


class InvalidFilter(InvalidInput): ...


class InvalidProduct(InvalidInput): ...


class InvalidCursor(InvalidInput): ...


class Unexplained(ServiceError): ...


class NotFound(ServiceError): ...


class Conflict(ServiceError): ...


class Unavailable(ServiceError):
    """`retry_after_s` is the earliest time that makes sense, in seconds."""

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Overloaded(Unavailable): ...


class StoreUnavailable(Unavailable): ...


class Starting(Unavailable): ...


class SetupError(ServiceError): ...


class WeightsUnavailable(SetupError): ...


class StoreInUse(SetupError): ...
