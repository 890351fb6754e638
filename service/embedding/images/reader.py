"""Untrusted bytes to one upright opaque sRGB picture; everything else is refused by name."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from service.core.embedding import Crop, ImageInfo
from service.core.errors import ImageTooLarge, InvalidCrop, InvalidImage, InvalidInput
from service.embedding.images import containers, formats
from service.embedding.images.colour import to_srgb
from service.embedding.images.formats import ImageFormat

# An upload must not write into the operator's log, nor become an error under -W error.
warnings.filterwarnings("ignore", module=r"PIL\.")

FULL = Crop(0.0, 0.0, 1.0, 1.0)
CROP_ROUNDING = 1e-3
"""How far a crop may reach beyond the edge: clients send fractions rounded to three digits."""

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPPING = {_UPRIGHT[orientation] for orientation in (5, 6, 7, 8)}


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Bounds on an upload, and how small a JPEG may be decoded.

    `shorter_side_px` is what the crop's shorter side keeps: the encoders' input with margin.
    """

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 100_000_000
    shorter_side_px: int = 512


class OpenedImage:
    """A picture whose header was read and checked, and none of whose pixels were decoded."""

    def __init__(
        self,
        source: ImageFile,
        image_format: ImageFormat,
        *,
        icc: bytes | None,
        exif: bytes | None,
        progressive: bool,
    ) -> None:
        self._source = source
        self._format = image_format
        self._icc = icc
        # The TIFF reader turns the picture by itself.
        self._turn = None if isinstance(source, TiffImageFile) else _turn(exif)
        self._progressive = progressive
        width, height = source.size
        if self._turn in _SWAPPING:
            width, height = height, width
        self.info = ImageInfo(image_format.media_type, width, height)

    def decoded_pixels(self, shorter_side_px: int, crop: Crop | None = None) -> int:
        """How many pixels `decode` will hold in memory at once."""
        pixels = self.info.width * self.info.height
        if not isinstance(self._source, JpegImageFile) or self._progressive:
            return pixels
        return pixels // self._scale(shorter_side_px, crop) ** 2

    def decode(self, shorter_side_px: int, crop: Crop | None = None) -> Image.Image:
        """The crop of the picture, upright, RGB. Call once.

        A JPEG may come at 1/2, 1/4 or 1/8 scale, so long as the crop's shorter side keeps
        `shorter_side_px`.

        Raises InvalidImage, InvalidCrop.
        """
        _box(crop or FULL, self.info.width, self.info.height)
        with _readable(self._format):
            scale = self._scale(shorter_side_px, crop)
            if scale > 1:
                width, height = self._source.size
                self._source.draft(None, (width // scale, height // scale))
            self._source.load()
            upright = self._source if self._turn is None else self._source.transpose(self._turn)
            if crop is not None:
                upright = upright.crop(_scaled_box(crop, *upright.size))
            return to_srgb(upright, self._icc)

    def thumbnail_side(self, size_px: int) -> int:
        """The `shorter_side_px` that leaves enough for a good thumbnail."""
        width, height = self.info.width, self.info.height
        return math.ceil(2 * size_px * min(width, height) / max(width, height))

    def thumbnail(self, size_px: int) -> bytes:
        """A JPEG of the picture, upright, no side longer than `size_px`. Call once."""
        image = self.decode(self.thumbnail_side(size_px))
        image.thumbnail((size_px, size_px), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=85, optimize=True)
        return buffer.getvalue()

    def _scale(self, shorter_side_px: int, crop: Crop | None) -> int:
        if not isinstance(self._source, JpegImageFile):
            return 1
        left, top, right, bottom = _box(crop or FULL, self.info.width, self.info.height)
        ratio = min(right - left, bottom - top) / shorter_side_px
        return next((scale for scale in (8, 4, 2) if ratio >= scale), 1)


def open_image(data: bytes, limits: ImageLimits) -> OpenedImage:
    """Reads the header and refuses what is no picture or too large. Raises InvalidImage."""
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(
            f"The image has {len(data):,} bytes; send at most {limits.max_bytes:,} bytes."
        )
    image_format = formats.sniff(data)
    with _readable(image_format):
        return _open(data, image_format, limits)


def decode(data: bytes, limits: ImageLimits, crop: Crop | None = None) -> Image.Image:
    """`open_image` and `OpenedImage.decode` in one."""
    return open_image(data, limits).decode(limits.shorter_side_px, crop)


def _open(data: bytes, image_format: ImageFormat, limits: ImageLimits) -> OpenedImage:
    icc = exif = None
    if image_format is formats.PNG:
        # Sizes first: the reader allocates by them.
        _check_size(containers.png_size(data), limits)
        png = containers.clean_png(data)
        data, icc, exif = png.data, png.icc, png.exif
    elif image_format is formats.WEBP:
        _check_size(containers.webp_size(data), limits)
    source = image_format.reader(io.BytesIO(data))
    _check_size(source.size, limits)
    progressive = False
    if image_format is formats.JPEG:
        markers = containers.jpeg_markers(data)
        progressive = markers.progressive
        containers.check_jpeg_scans(markers.scans, source.width * source.height)
    if isinstance(source, TiffImageFile):
        containers.check_tiff_tiles(source, limits.max_pixels)
    return OpenedImage(
        source,
        image_format,
        icc=icc or source.info.get("icc_profile"),
        exif=exif or source.info.get("exif"),
        progressive=progressive,
    )


def _check_size(size: tuple[int, int] | None, limits: ImageLimits) -> None:
    if size is None:
        return
    width, height = size
    if width < 1 or height < 1:
        raise InvalidImage(f"The image says it is {width}x{height} pixels; send one with pixels.")
    if width * height > limits.max_pixels:
        raise ImageTooLarge(
            f"The image is {width}x{height}, {width * height:,} pixels; "
            f"scale it down to at most {limits.max_pixels:,} pixels."
        )


@contextmanager
def _readable(image_format: ImageFormat) -> Iterator[None]:
    """Whatever a decoder raises over hostile bytes is the upload's fault."""
    try:
        yield
    except InvalidInput:
        raise
    except Image.DecompressionBombError as exc:
        raise ImageTooLarge("The image has too many pixels; scale it down.") from exc
    except MemoryError as exc:
        raise ImageTooLarge("The image needs too much memory; scale it down.") from exc
    except Exception as exc:
        name = image_format.name
        if isinstance(exc, EOFError) or "truncated" in str(exc).lower():
            detail = f"This {name} is truncated: it ends too early; send the complete file."
        else:
            detail = f"This {name} is damaged and cannot be read; save it again or send another."
        raise InvalidImage(detail) from exc


def _turn(exif: bytes | None) -> Image.Transpose | None:
    """The transposition that makes the picture upright; broken EXIF counts as none."""
    if not exif:
        return None
    try:
        parsed = Image.Exif()
        parsed.load(exif)
        return _UPRIGHT.get(parsed.get(_ORIENTATION, 1))
    except Exception:
        return None


def _box(crop: Crop, width: int, height: int) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in pixels of the full upright picture. Raises InvalidCrop."""
    numbers = (crop.x, crop.y, crop.width, crop.height)
    if not all(math.isfinite(number) for number in numbers):
        raise InvalidCrop("The crop has a number that is not finite.", place=("crop",))
    right, bottom = crop.x + crop.width, crop.y + crop.height
    if min(numbers) < -CROP_ROUNDING or max(right, bottom) > 1 + CROP_ROUNDING:
        raise InvalidCrop(
            "The crop reaches outside the picture; give x, y, width and height as fractions from "
            "0 to 1, with x + width and y + height at most 1.",
            place=("crop",),
        )
    box = _rounded(crop, width, height)
    if box[0] >= box[2] or box[1] >= box[3]:
        raise InvalidCrop(
            f"The crop holds no pixel of this {width}x{height} picture; make it larger.",
            place=("crop",),
        )
    return box


def _rounded(crop: Crop, width: int, height: int) -> tuple[int, int, int, int]:
    def edge(fraction: float, length: int) -> int:
        return min(length, max(0, round(fraction * length)))

    return (
        edge(crop.x, width),
        edge(crop.y, height),
        edge(crop.x + crop.width, width),
        edge(crop.y + crop.height, height),
    )


def _scaled_box(crop: Crop, width: int, height: int) -> tuple[int, int, int, int]:
    """The crop in a picture decoded at reduced scale; never empty."""
    left, top, right, bottom = _rounded(crop, width, height)
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)
