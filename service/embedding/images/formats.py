"""Recognises an upload by its first bytes, and words the refusal of what is no picture."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

from PIL import features
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from service.core.errors import InvalidImage


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """An accepted format. `reader` is the one decoder that gets to see the bytes."""

    name: str
    media_type: str
    reader: Callable[[io.BytesIO], ImageFile]


def _heif(file: io.BytesIO) -> ImageFile:
    from pillow_heif import HeifImageFile  # only here: few uploads need it

    return HeifImageFile(file)  # type: ignore[no-untyped-call]


JPEG = ImageFormat("JPEG", "image/jpeg", JpegImageFile)
PNG = ImageFormat("PNG", "image/png", PngImageFile)
WEBP = ImageFormat("WebP", "image/webp", WebPImageFile)
GIF = ImageFormat("GIF", "image/gif", GifImageFile)
BMP = ImageFormat("BMP", "image/bmp", BmpImageFile)
TIFF = ImageFormat("TIFF", "image/tiff", TiffImageFile)
AVIF = ImageFormat("AVIF", "image/avif", AvifImageFile)
HEIF = ImageFormat("HEIC", "image/heic", _heif)
JPEG_2000 = ImageFormat("JPEG 2000", "image/jp2", Jpeg2KImageFile)

_ALWAYS = (JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIF, JPEG_2000)
FORMATS = _ALWAYS + ((AVIF,) if features.check("avif") else ())
ACCEPTED = ", ".join(f.name for f in FORMATS[:-1]) + f" or {FORMATS[-1].name}"

_SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"BM", BMP),
    (b"\0\0\0\x0cjP  ", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000),
)

_OTHERS = (
    (b"%PDF", "a PDF document; export the page as a picture and"),
    (b"8BPS", "a Photoshop document; export it and"),
    (b"%!PS", "a PostScript document; export it as a picture and"),
    (b"\0\0\x01\0", "an icon file; export it and"),
    (b"II\xbc", "a JPEG XR picture; convert it and"),
    (b"IIU\0", "a camera's raw picture; develop it and"),
    (b"IIRO", "a camera's raw picture; develop it and"),
    (b"IIRS", "a camera's raw picture; develop it and"),
    (b"MMOR", "a camera's raw picture; develop it and"),
    (b"FUJIFILMCCD-RAW", "a camera's raw picture; develop it and"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture; convert it and"),
    (b"#?RADIANCE", "a Radiance HDR picture; convert it and"),
    (b"DDS ", "a DDS texture; convert it and"),
    (b"gimp xcf", "a GIMP document; export it and"),
    (b"icns", "an icon file; export it and"),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile; export it as a picture and"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document; export it as a picture and"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture; convert it and"),
    (b"\xff\x0a", "a JPEG XL picture; convert it and"),
    (b"\x1f\x8b", "a gzip archive; unpack it and"),
    (b"PK\x03\x04", "a ZIP archive or office document; unpack it and"),
    (b"\x1aE\xdf\xa3", "a video; take a still from it and"),
    (b"data:image/", "a data: URL; decode the base64 part and"),
    (b"/9j/", "base64 text; decode it and"),
    (b"iVBORw0KGgo", "base64 text; decode it and"),
    (b"qoif", "a QOI picture; convert it and"),
)

_SHORTEST_BYTES = 16
"""Less is not even the header of a picture in any format."""

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"}
_RAW_CR2 = b"CR\x02\0"
"""Stands at the ninth byte of a raw picture that is otherwise a TIFF."""


def sniff(data: bytes) -> ImageFormat:
    """The format by content, whatever name or type the upload was declared with.

    Raises InvalidImage that says what the upload is instead.
    """
    if not data:
        raise InvalidImage(f"The image is empty (0 bytes); send a {ACCEPTED} picture.")
    for signature, image_format in _SIGNATURES:
        if data.startswith(signature) and data[8:12] != _RAW_CR2:
            return image_format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and _brands(data) & {b"avif", b"avis"} and AVIF in FORMATS:
        return AVIF
    if data[4:8] == b"ftyp" and len(data) >= _SHORTEST_BYTES and _brands(data) & _HEIF_BRANDS:
        return HEIF
    raise InvalidImage(f"This is {_name_of(data)} send a {ACCEPTED} picture.")


def _brands(data: bytes) -> set[bytes]:
    end = min(int.from_bytes(data[:4], "big"), len(data), 256)
    return {data[8:12]} | {data[i : i + 4] for i in range(16, end, 4)}


def _name_of(data: bytes) -> str:
    """Says what the upload is and what to do first, up to the words "send a …"."""
    for signature, what in _OTHERS:
        if data.startswith(signature):
            return what
    if len(data) < _SHORTEST_BYTES and not _is_text(data):
        return "too short to be a picture;"
    if data[4:8] == b"ftyp":
        if b"crx " in _brands(data):
            return "a camera's raw picture; develop it and"
        if _brands(data) & {b"avif", b"avis"}:
            return "an AVIF picture, which this build cannot read; convert it and"
        return "a video; take a still from it and"
    if data[8:12] == _RAW_CR2:
        return "a camera's raw picture; develop it and"
    if data[:4] == b"RIFF":
        return "a sound or video file;"
    return _name_of_text(data[:4096])


def _name_of_text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\0", b"")[2:]
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if re.match(rb"<(!doctype html|html|head|body)", text):
        return "an HTML page, not a picture;"
    if text.startswith(b"<") and b"<svg" in text:
        return "an SVG drawing; render it and"
    if text.startswith(b"<!--"):
        return "an HTML page, not a picture;"
    if text.startswith(b"<"):
        return "an XML document, not a picture;"
    if text.startswith((b"{", b"[")):
        return "JSON text, not a picture;"
    if text and _is_text(text):
        return "text, not a picture;"
    return "not an image in a known format;"


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in b"\t\r\n\f" for byte in head):
        return False
    try:
        # The last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
