"""Finds structures that cost a decoder more than the file's size shows, before it runs."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from PIL.TiffImagePlugin import TiffImageFile

from service.core.errors import ImageTooLarge, InvalidImage

MAX_ICC_BYTES = 4 * 1024 * 1024

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_COLOUR = {b"gAMA", b"cHRM", b"sRGB", b"cICP"}
_PNG_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}

_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JPEG_2000_CHANNELS = 5

_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Restart markers are left out: they stand in the scans, as a stuffed 0xFF does."""
_JPEG_ALONE = {0x01, 0xD8}
"""Markers without a segment."""
_JPEG_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_JPEG_SEGMENTS = 10_000
_JPEG_SCANS = 20
_JPEG_SCAN_PIXELS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CleanPng:
    """A PNG reduced to the chunks that make the picture; its colour space and EXIF beside it."""

    data: bytes
    icc: bytes | None
    exif: bytes | None
    colour: Mapping[bytes, bytes]
    """The bodies of the chunks that declare a colour space, by their names."""


@dataclass(frozen=True, slots=True)
class JpegMarkers:
    """The properties of a JPEG's decoding that its markers promise."""

    scans: int
    progressive: bool
    """True if it may need all its coefficients in memory before it gives a pixel."""
    ended: bool
    """True if the end marker is there."""
    refining: bool
    """True if the last scan adds precision only: all before it gives the whole picture."""


def clean_png(data: bytes) -> CleanPng:
    """Leaves out text (which may be compressed a thousandfold), animation and unknown chunks.

    A stray or broken chunk beside the picture thus never makes it unreadable.
    """
    kept = [_PNG_SIGNATURE]
    icc: bytes | None = None
    exif: bytes | None = None
    colour: dict[bytes, bytes] = {}
    position = len(_PNG_SIGNATURE)
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        name = data[position + 4 : position + 8]
        body = slice(position + 8, position + 8 + length)
        if name in _PNG_PICTURE:
            kept.append(data[position : body.stop + 4])
        elif name == b"iCCP" and icc is None:
            icc = _inflate_profile(data[body])
        elif name == b"eXIf" and exif is None:
            exif = data[body]
        elif name in _PNG_COLOUR and length <= 32:
            colour.setdefault(name, data[body])
        position = body.stop + 4
        if name == b"IEND":
            break
    return CleanPng(b"".join(kept), icc, exif, colour)


def _inflate_profile(body: bytes) -> bytes | None:
    _, _, rest = body.partition(b"\0")
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(rest[1:], MAX_ICC_BYTES)
    except zlib.error:
        return None
    return profile if inflate.eof else None


def png_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) of the header chunk, which must come first."""
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def webp_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) of the canvas: the decoder allocates it as soon as it is made."""
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        width, height = data[24:27], data[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8 " and len(data) >= 30:
        width, height = data[26:28], data[28:30]
        return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF
    return None


def jpeg_2000_size(data: bytes) -> tuple[int, int, int]:
    """(width, height, channels) of the code stream: the decoder allocates by them.

    Raises InvalidImage for a picture without a code stream, or with channels beyond CMYK and alpha.
    """
    start = data.find(_JPEG_2000_START)
    if start < 0 or len(data) < start + 42:
        raise InvalidImage("This JPEG 2000 picture has no header; send the complete file.")
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    channels = int.from_bytes(data[start + 40 : start + 42], "big")
    if channels > _JPEG_2000_CHANNELS:
        raise InvalidImage(f"This JPEG 2000 picture has {channels} channels; save it again as RGB.")
    return max(0, right - left), max(0, bottom - top), channels


def jpeg_markers(data: bytes) -> JpegMarkers:
    """Reads the main picture, not thumbnails in its headers, nor what stands behind its end.

    Raises InvalidImage for more segments than any encoder writes.
    """
    scans, progressive, refining, place = 0, False, False, 2
    for _ in range(_JPEG_SEGMENTS):
        found = _JPEG_MARKER.search(data, place)
        if found is None or found[0] == b"\xff\xd9":
            # Several scans of a baseline picture are held as one progressive picture is.
            several = progressive or scans > 1
            return JpegMarkers(scans, several, ended=found is not None, refining=refining)
        marker, place = found[0][1], found.end()
        scans += marker == 0xDA
        progressive = progressive or marker in _JPEG_PROGRESSIVE
        if marker not in _JPEG_ALONE:
            place += max(2, int.from_bytes(data[place : place + 2], "big"))
        if marker == 0xDA:
            # The scan header's last byte: the bits that earlier scans gave are in its upper half.
            refining = progressive and place <= len(data) and data[place - 1] >> 4 > 0
    raise InvalidImage(f"This JPEG has more than {_JPEG_SEGMENTS:,} segments; save it again.")


def check_jpeg_scans(scans: int, pixels: int) -> None:
    """Refuses a JPEG that paints its pixels over and over: 20 MB of scans take a decoder minutes.

    Encoders write about ten scans. Raises ImageTooLarge.
    """
    if scans > _JPEG_SCANS and scans * pixels > _JPEG_SCAN_PIXELS:
        raise ImageTooLarge(
            f"This JPEG has {scans} scans over {pixels:,} pixels, too much work to decode; "
            "save it as a baseline JPEG."
        )


def check_tiff_tiles(image: TiffImageFile, max_pixels: int) -> None:
    """Refuses tiles far larger than the picture: they are allocated whole. Raises InvalidImage."""
    width, height = image.tag_v2.get(322), image.tag_v2.get(323)
    if width is None and height is None:
        return
    if not isinstance(width, int) or not isinstance(height, int) or min(width, height) < 1:
        raise InvalidImage("This TIFF has tiles without a size; save it again without tiles.")
    if width * height > max(4 * image.width * image.height, 4096 * 4096, 1) or (
        width * height > 4 * max_pixels
    ):
        raise ImageTooLarge(
            f"This TIFF has tiles of {width}x{height} pixels, far larger than its picture; "
            "save it again without tiles."
        )
