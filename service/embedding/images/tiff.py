"""Reads the TIFFs that Pillow cannot read, or reads wrongly: print files and scientific ones."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from service.core.errors import ImageTooLarge, InvalidImage
from service.embedding.images.colour_profiles import managed
from service.embedding.images.samples import black_and_white, eight_bit

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

MAX_PAGES = 64
"""The largest page is looked for among this many."""

MAX_BYTES_PER_PIXEL = 8
"""Over all samples, at the largest number of pixels; smaller pictures may have more."""

_SUBFILE_MASK = 4
"""The bit of NewSubfileType for a transparency mask."""

_WHITE_IS_ZERO, _GREY, _RGB, _INKS, _LAB, _ICC_LAB = 0, 1, 2, 5, 8, 9
_CHANNELS = {_WHITE_IS_ZERO: 1, _GREY: 1, _RGB: 3, _INKS: 4, _LAB: 3, _ICC_LAB: 3}
_MODES = {_WHITE_IS_ZERO: "L", _GREY: "L", _RGB: "RGB", _INKS: "CMYK", _LAB: "LAB", _ICC_LAB: "LAB"}
_CAMERA_RAW = {32803, 34892}
_PREMULTIPLIED, _ALPHA = 1, 2
_FLOAT, _SIGNED = 3, 2
_SEPARATE = 2

_COMPRESSIONS = {1, 5, 8, 32773, 32946, 34925, 50000}
"""None, LZW, Deflate, PackBits, LZMA and Zstandard: each is told how much it may unpack."""


class WideTiff:
    """A page of a TIFF, checked, none of whose pixels were decoded."""

    def __init__(self, page: TiffPage, max_pixels: int) -> None:
        self._page = page
        self.size = (page.imagewidth, page.imagelength)
        self.orientation = int(page.tags.valueof(274, 1) or 1)
        self._icc: bytes | None = page.tags.valueof(34675)
        self._check(max_pixels)

    @property
    def cost_pixels(self) -> int:
        """The memory that reading takes, in pixels of four bytes."""
        width, height = self.size
        return width * height * max(1, -(-self._labper_pixel() // 4))

    def read(self) -> Image.Image:
        """The picture as RGB, or RGBA if it has an alpha channel, not yet turned."""
        samples = self._page.asarray(squeeze=False, maxworkers=1)
        # Planes, depth, rows, columns, samples of a plane.
        samples = np.moveaxis(samples[:, 0], 0, -2).reshape(*samples.shape[2:4], -1)
        channels = _CHANNELS[self._page.photometric]
        colour = self._colour(samples[..., :channels])
        image = managed(Image.fromarray(np.squeeze(colour), mode=self._mode()), self._icc)
        if samples.shape[-1] > channels and self._alpha_kind():
            alpha = eight_bit(samples[..., channels], *self._range(samples[..., channels]))
            if self._alpha_kind() == _PREMULTIPLIED and self._mode() in ("L", "RGB"):
                image = _divided(image, alpha)
            image.putalpha(Image.fromarray(alpha))
        return image

    def _mode(self) -> str:
        return _MODES[self._page.photometric]

    def _colour(self, samples: NDArray[Any]) -> NDArray[np.uint8]:
        if self._mode() == "LAB":
            return _lab(samples, icc_encoded=self._page.photometric == _ICC_LAB)
        values = eight_bit(samples, *self._range(samples))
        return 255 - values if self._page.photometric == _WHITE_IS_ZERO else values

    def _range(self, samples: NDArray[Any]) -> tuple[float, float]:
        bits = self._bits()
        if samples.dtype.kind == "u" and bits <= 16:
            return 0.0, float(2**bits - 1)
        return black_and_white(samples)

    def _bits(self) -> int:
        bits = self._page.bitspersample
        return max(bits) if isinstance(bits, tuple) else int(bits)

    def _alpha_kind(self) -> int:
        extra = self._page.extrasamples
        return int(extra[0]) if extra and int(extra[0]) in (_PREMULTIPLIED, _ALPHA) else 0

    def _labper_pixel(self) -> int:
        return int(self._page.samplesperpixel) * max(1, -(-self._bits() // 8))

    def _check(self, max_pixels: int) -> None:
        """Raises InvalidImage or ImageTooLarge for what cannot be read within bounds."""
        page, photometric = self._page, int(self._page.photometric)
        if photometric in _CAMERA_RAW:
            raise InvalidImage("This is a camera's raw picture; develop it and export it as JPEG.")
        if photometric not in _CHANNELS or page.samplesperpixel < _CHANNELS[photometric]:
            raise InvalidImage("This TIFF has colours of an unknown kind; save it again as RGB.")
        if page.dtype is None or page.imagedepth != 1 or page.dtype.kind not in "uif":
            raise InvalidImage("This TIFF has samples of an unknown kind; save it with 8 bits.")
        if int(page.compression) not in _COMPRESSIONS:
            raise InvalidImage(
                "This TIFF is compressed in an unknown way; save it with LZW compression."
            )
        width, height = self.size
        if width * height * self._labper_pixel() > MAX_BYTES_PER_PIXEL * max_pixels:
            raise ImageTooLarge(
                f"This TIFF is {width}x{height} with {self._labper_pixel()} bytes a pixel; "
                "scale it down, or save it with 8 bits a sample."
            )
        tile = page.tilewidth * page.tilelength * max(1, page.tiledepth)
        if page.is_tiled and tile > max(4 * width * height, 4096 * 4096):
            raise ImageTooLarge(
                f"This TIFF has tiles of {page.tilewidth}x{page.tilelength} pixels, far larger "
                "than its picture; save it again without tiles."
            )


def open_tiff(data: bytes, max_pixels: int) -> TiffImageFile | WideTiff:
    """The largest page within `max_pixels`, or the first if none is, with the reader for it."""
    import tifffile  # only here: few uploads are TIFFs

    logging.getLogger("tifffile").disabled = True
    try:
        pages = _pages(tifffile.TiffFile(io.BytesIO(data)))
    except Exception:
        # Pillow reads some damaged headers, and says what is wrong with others.
        return TiffImageFile(io.BytesIO(data))
    index, page = _largest(pages, max_pixels)
    if not _is_wide(page):
        try:
            image = TiffImageFile(io.BytesIO(data))
            image.seek(index)
        except Exception:
            if index == 0 and page.dtype is None:
                raise
        else:
            return image
    width, height = page.imagewidth, page.imagelength
    if width < 1 or height < 1 or width * height > max_pixels:
        return TiffImageFile(io.BytesIO(data))
    return WideTiff(page, max_pixels)


def _pages(file: TiffFile) -> list[TiffPage]:
    found: list[TiffPage] = []
    for index in range(MAX_PAGES):
        try:
            found.append(file.pages[index])  # type: ignore[arg-type]  # frames are not used
        except Exception:
            # Also IndexError, behind the last page. A first page must be there.
            if not found:
                raise
            break
    return found


def _largest(pages: list[TiffPage], max_pixels: int) -> tuple[int, TiffPage]:
    """The first page among equals; masks and pages that are too large do not count."""

    def pixels(numbered: tuple[int, TiffPage]) -> int:
        page = numbered[1]
        area = int(page.imagewidth) * int(page.imagelength)
        is_mask = int(page.subfiletype) & _SUBFILE_MASK
        return 0 if is_mask or area > max_pixels else area

    return max(enumerate(pages), key=pixels)


def _is_wide(page: TiffPage) -> bool:
    """Tells the pages that Pillow opens but reads wrongly or not at all."""
    bits = page.bitspersample
    wide = (max(bits) if isinstance(bits, tuple) else bits) > 8
    planes = page.samplesperpixel if int(page.planarconfig) == _SEPARATE else 1
    if not wide:
        return planes == 2
    several_floats = page.samplesperpixel > 1 and int(page.sampleformat or 1) in (_FLOAT, _SIGNED)
    return planes > 1 or several_floats or int(page.photometric) == _WHITE_IS_ZERO


def _lab(samples: NDArray[Any], *, icc_encoded: bool) -> NDArray[np.uint8]:
    """Lab as Pillow takes it: L from 0 to 255, and a and b as signed bytes."""
    kind, bits = samples.dtype.kind, 8 * samples.dtype.itemsize
    if kind == "f":
        lightness, signed = samples[..., :1] * 2.55, samples[..., 1:] + 128
    elif icc_encoded:
        white = 0xFF if bits == 8 else 0xFF00
        step = 2.0 ** (bits - 8)
        lightness, signed = samples[..., :1] * (255 / white), samples[..., 1:] / step
    else:
        step = 2.0 ** (bits - 8)
        two_sided = samples[..., 1:].astype(f"u{bits // 8}").view(f"i{bits // 8}")
        lightness = samples[..., :1].astype(f"u{bits // 8}") * (255 / (2.0**bits - 1))
        signed = two_sided / step + 128
    values = np.nan_to_num(np.concatenate([lightness, signed], axis=-1))
    lab: NDArray[np.uint8] = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    lab[..., 1:] ^= 0x80
    return lab


def _divided(image: Image.Image, alpha: NDArray[np.uint8]) -> Image.Image:
    """The colours as they were before they were multiplied by alpha."""
    rgba = image.convert("RGB")
    rgba.putalpha(Image.fromarray(alpha))
    raw = Image.frombytes("RGBa", rgba.size, rgba.tobytes())
    return raw.convert("RGBA").convert("RGB")
