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

from service.core.embedding import Crop, ImageInfo
from service.core.errors import ImageTooLarge, InvalidCrop, InvalidImage, InvalidInput
from service.embedding.images import containers, cut_jpeg, encodings, formats
from service.embedding.images.colour_profiles import to_srgb
from service.embedding.images.encodings import Encoding
from service.embedding.images.formats import ImageFormat
from service.embedding.images.tiff import WideTiff, open_tiff

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
        source: ImageFile | WideTiff,
        image_format: ImageFormat,
        *,
        icc: bytes | None = None,
        encoding: Encoding | None = None,
        turn: Image.Transpose | None = None,
        progressive: bool = False,
        cut: bytes | None = None,
        copies: int = 1,
        warnings: tuple[str, ...] = (),
    ) -> None:
        """`cut` holds the bytes of a JPEG some of whose rows may be missing.

        `copies` says how many times the decoder holds the picture's pixels, of four bytes each.
        """
        self._source = source
        self._format = image_format
        self._icc = icc
        self._encoding = encoding
        self._turn = turn
        self._progressive = progressive
        self._cut = cut
        self._copies = copies
        width, height = source.size
        if self._turn in _SWAPPING:
            width, height = height, width
        self.info = ImageInfo(image_format.media_type, width, height, warnings)

    def decoded_pixels(self, shorter_side_px: int, crop: Crop | None = None) -> int:
        """How many pixels `decode` will hold in memory at once."""
        if isinstance(self._source, WideTiff):
            return self._source.cost_pixels
        pixels = self.info.width * self.info.height * self._copies
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
            picture = self._pixels(self._scale(shorter_side_px, crop))
            upright = picture if self._turn is None else picture.transpose(self._turn)
            if crop is not None:
                upright = upright.crop(_scaled_box(crop, *upright.size))
            return to_srgb(upright, self._icc, self._encoding)

    def _pixels(self, scale: int) -> Image.Image:
        """The picture as it is stored, not yet turned."""
        if isinstance(self._source, WideTiff):
            return self._source.read()
        height = self._source.height
        if scale > 1:
            self._source.draft(None, (self._source.width // scale, height // scale))
        self._source.load()
        if self._cut is not None:
            cut_jpeg.complete(self._source, self._cut, height, scale)
        return self._source

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
    if image_format is formats.PNG:
        return _open_png(data, limits)
    if image_format is formats.TIFF:
        return _open_tiff(data, limits)
    if image_format is formats.JPEG:
        return _open_jpeg(data, limits)
    if image_format is formats.JPEG_2000:
        return _open_jpeg_2000(data, limits)
    if image_format is formats.HEIF:
        return _open_heif(data, limits)
    if image_format is formats.WEBP:
        _check_size(containers.webp_size(data), limits)
    source = image_format.reader(io.BytesIO(data))
    _check_size(source.size, limits)
    icc, exif = source.info.get("icc_profile"), source.info.get("exif")
    return OpenedImage(source, image_format, icc=icc, turn=_turn(exif))


def _open_png(data: bytes, limits: ImageLimits) -> OpenedImage:
    # Sizes first: the reader allocates by them.
    _check_size(containers.png_size(data), limits)
    png = containers.clean_png(data)
    source = formats.PNG.reader(io.BytesIO(png.data))
    _check_size(source.size, limits)
    encoding = encodings.of_png(png.colour, has_profile=png.icc is not None)
    return OpenedImage(source, formats.PNG, icc=png.icc, encoding=encoding, turn=_turn(png.exif))


def _open_tiff(data: bytes, limits: ImageLimits) -> OpenedImage:
    source = open_tiff(data, limits.max_pixels)
    _check_size(source.size, limits)
    if isinstance(source, WideTiff):
        return OpenedImage(source, formats.TIFF, turn=_UPRIGHT.get(source.orientation))
    containers.check_tiff_tiles(source, limits.max_pixels)
    # Pillow turns the picture by itself.
    return OpenedImage(source, formats.TIFF, icc=source.info.get("icc_profile"))


def _open_jpeg(data: bytes, limits: ImageLimits) -> OpenedImage:
    markers = containers.jpeg_markers(data)
    whole = data if markers.ended else data + cut_jpeg.END_MARKER
    source = formats.JPEG.reader(io.BytesIO(whole))
    _check_size(source.size, limits)
    containers.check_jpeg_scans(markers.scans, source.width * source.height)
    if not markers.scans:
        raise EOFError("truncated")
    return OpenedImage(
        source,
        formats.JPEG,
        icc=source.info.get("icc_profile"),
        turn=_turn(source.info.get("exif")),
        progressive=markers.progressive,
        cut=None if markers.ended or markers.refining else data,
        copies=1 if markers.ended else 2,
        warnings=() if markers.ended else (cut_jpeg.WARNING,),
    )


def _open_jpeg_2000(data: bytes, limits: ImageLimits) -> OpenedImage:
    width, height, channels = containers.jpeg_2000_size(data)
    _check_size((width, height), limits)
    source = formats.JPEG_2000.reader(io.BytesIO(data))
    _check_size(source.size, limits)
    return OpenedImage(source, formats.JPEG_2000, copies=1 + channels)


def _open_heif(data: bytes, limits: ImageLimits) -> OpenedImage:
    source = formats.HEIF.reader(io.BytesIO(data))
    _check_size(source.size, limits)
    icc, declared = source.info.get("icc_profile"), source.info.get("nclx_profile")
    encoding = None
    if not icc and declared:
        encoding = encodings.of_codes(
            primaries=declared["color_primaries"], transfer=declared["transfer_characteristics"]
        )
    # The library turns the picture by itself.
    return OpenedImage(source, formats.HEIF, icc=icc, encoding=encoding, copies=2)


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
