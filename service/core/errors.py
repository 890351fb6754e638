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
├── Conflict                    the product exists already, or does not allow this change
├── PreconditionFailed          the product is not in the state that the caller names
├── Unavailable                 try again later; nothing was lost
│   ├── Overloaded              the queue is full or the wait was too long
│   ├── StoreUnavailable        the vector or blob store does not answer
│   └── Starting                the service is still loading
└── SetupError                  the service cannot start as configured
    ├── WeightsUnavailable      a model's weights are neither at hand nor to be had
    └── StoreInUse              another process has the embedded store open
"""


class ServiceError(Exception):
    """Base of all. `detail` is a sentence that says what to do."""

    def __init__(self, detail: str, *, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        """JSON pointer to the place in the request, if there is one."""


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


class PreconditionFailed(ServiceError): ...


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
