"""Defines the exceptions of the service, independently of HTTP.

ServiceError
├── InvalidInput                the caller must change the request
│   ├── InvalidImage            the bytes are not a readable picture
│   │   └── ImageTooLarge       the picture has too many bytes or pixels
│   ├── InvalidText             no encoder can embed the text
│   ├── InvalidQuery            the parts of the query leave nothing to search for
│   ├── InvalidWeights          the weights are negative, not finite or all zero
│   ├── InvalidCrop             the crop lies outside the picture
│   ├── InvalidFilter           the filter is not in the filter language
│   ├── InvalidProduct          a field of the product breaks a rule
│   └── InvalidCursor           the cursor was not made by this service
├── Unexplained                 the encoder cannot locate a similarity in a picture
├── NotFound                    the product or image does not exist
├── Conflict                    the product already exists
├── Unavailable                 try again later; nothing was lost
│   ├── Overloaded              the queue is full or the wait was too long
│   ├── StoreUnavailable        the vector or blob store does not answer
│   └── Starting                the service is still loading
└── SetupError                  the service cannot start as configured
    ├── WeightsUnavailable      the weights of a model are neither stored nor downloadable
    └── StoreInUse              another process has the embedded store open
"""


class ServiceError(Exception):
    """The base class. `detail` is a sentence that tells the caller what to do."""

    def __init__(self, detail: str, *, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        """The JSON pointer to the offending part of the request, if there is one."""


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
    """The service cannot answer now. A retry makes sense after `retry_after_s` seconds."""

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Overloaded(Unavailable): ...


class StoreUnavailable(Unavailable): ...


class Starting(Unavailable): ...


class SetupError(ServiceError): ...


class WeightsUnavailable(SetupError): ...


class StoreInUse(SetupError): ...
