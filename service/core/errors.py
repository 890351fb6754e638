"""Defines the exceptions of the service, independently of HTTP.

ServiceError
├── InvalidInput                the caller must change the request
│   ├── InvalidImage            the bytes are not a readable picture
│   │   └── ImageTooLarge       the picture has too many bytes or pixels
│   ├── InvalidText             no encoder can embed the text
│   ├── InvalidQuery            the parts of the query leave nothing to search for
│   ├── InvalidToken            the token is not one of an embedded query
│   ├── ForeignToken            other encoders made the token
│   ├── InvalidWeights          the weights are negative, not finite or all zero
│   ├── InvalidCrop             the crop lies outside the picture
│   ├── InvalidFilter           the filter is not in the filter language
│   ├── InvalidProduct          a field of the product breaks a rule
│   └── InvalidCursor           the cursor was not made by this service
├── Unexplained                 the encoder cannot locate a similarity in a picture
├── NotFound                    the product or image does not exist
├── Conflict                    the product already exists, or does not allow this change
├── PreconditionFailed          the product is not in the state that the caller names
├── Unavailable                 try again later; nothing was lost
│   ├── Overloaded              the queue is full or the wait was too long
│   ├── StoreUnavailable        the vector or blob store does not answer
│   │   └── StoreFull           there is no room for what was to be written
│   └── Starting                the service is still loading
└── SetupError                  the service cannot start as configured
    ├── WeightsUnavailable      the weights of a model are neither stored nor downloadable
    └── StoreInUse              another process has the embedded store open
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""The path to a value inside a larger one: names of fields and positions in lists."""


class ServiceError(Exception):
    """The base class. `detail` is a sentence that tells the caller what to do."""

    def __init__(self, detail: str, *, place: Place = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.place = place
        """The path to the mistake, inside the value that the function was given."""


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


class InvalidToken(InvalidInput): ...


class ForeignToken(InvalidInput): ...


class InvalidWeights(InvalidInput): ...


class InvalidCrop(InvalidInput): ...


class InvalidFilter(InvalidInput): ...


class InvalidProduct(InvalidInput): ...


class InvalidCursor(InvalidInput): ...


class Unexplained(ServiceError): ...


class NotFound(ServiceError): ...


class Conflict(ServiceError): ...


class PreconditionFailed(ServiceError): ...


class Unavailable(ServiceError):
    """The service cannot answer now. A retry makes sense after `retry_after_s` seconds."""

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Overloaded(Unavailable): ...


class StoreUnavailable(Unavailable): ...


class StoreFull(StoreUnavailable): ...


class Starting(Unavailable): ...


class SetupError(ServiceError): ...


class WeightsUnavailable(SetupError): ...


class StoreInUse(SetupError): ...
