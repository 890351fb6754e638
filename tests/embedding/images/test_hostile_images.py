"""Files that are no picture, or too much of one, are refused by name, and quickly."""

from __future__ import annotations

import gzip
import random
import struct
import zlib
from contextlib import suppress

import pytest
from PIL import Image

from service.core.errors import ImageTooLarge, InvalidImage
from service.embedding.images.containers import jpeg_markers
from service.embedding.images.reader import ImageLimits, decode, open_image
from tests.embedding.pictures import exif, noise, png, png_bomb, smooth, tiled_tiff, written

# Outside of tests the module under test silences these itself.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LIMITS = ImageLimits()

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\0", "too short"),
        (b"\xff\xd8", "too short"),
        (b"\x89PN", "too short"),
        (b"\x93\x11\x80garbage and more", "not an image"),
        (b"hello world", "This is text"),
        ("Grün".encode() * 2000, "This is text"),
        (SVG, "SVG drawing"),
        (b"\xef\xbb\xbf  " + SVG, "SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (b"\n <HTML><body>404", "HTML page"),
        (b"<html><body><svg/></body></html>", "HTML page"),
        (b'{"icon": "<svg/>"}', "JSON"),
        (b"\0\0\0\x18ftyp", "too short"),
        (b"<rss></rss>", "XML"),
        (b'{"error": "not found"}', "JSON"),
        (b"%PDF-1.7", "PDF document"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", "camera's raw picture; develop it"),
        (b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0", "camera's raw picture; develop it"),
        (b"\x76\x2f\x31\x01\x02\0\0\0", "OpenEXR picture; convert it"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41avc1", "video"),
        (b"\x1aE\xdf\xa3webm", "video"),
        (b"RIFF\0\0\0\0WAVEfmt ", "sound"),
        (gzip.compress(SVG), "gzip"),
        (b"PK\x03\x04zip", "ZIP"),
        (b"data:image/png;base64,iVBORw0KGgo", "data: URL"),
        (b"/9j/4AAQSkZJRgABAQ", "base64"),
        (b"\0\0\x01\0\x01\0", "icon"),
        (b"\xff\x0a\xfa\x1f", "JPEG XL"),
        (b"II\xbc\x01\x08\0\0\0", "JPEG XR"),
    ],
)
def test_says_what_it_is_and_what_to_send(data: bytes, says: str) -> None:
    with pytest.raises(InvalidImage) as caught:
        decode(data, LIMITS)
    assert says in caught.value.detail
    assert "JPEG, PNG" in caught.value.detail


@pytest.mark.parametrize(
    "signature",
    [
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"BM",
        b"II*\0",
        b"RIFF\0\0\0\0WEBP",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"\xff\x4f\xff\x51",
    ],
)
def test_a_signature_alone_is_no_picture(signature: bytes) -> None:
    for data in (signature, signature + b"\0" * 100, signature + b"\xff" * 100):
        with pytest.raises(InvalidImage):
            decode(data, LIMITS)


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("JPEG", {}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {}),
        ("HEIF", {}),
        ("JPEG2000", {}),
    ],
)
def test_a_truncated_file_is_refused(file_format: str, options: dict[str, object]) -> None:
    data = written(noise(200, 150), file_format, **options)
    # Without its last tenth, a JPEG is read with a warning.
    for share in (0.25, 0.4, 0.8 if file_format == "JPEG" else 0.9):
        with pytest.raises(InvalidImage):
            decode(data[: int(share * len(data))], LIMITS)


def test_a_truncated_jpeg_is_called_truncated() -> None:
    data = written(noise(200, 150), "JPEG")
    with pytest.raises(InvalidImage, match="truncated"):
        decode(data[: len(data) // 2], LIMITS)


def test_a_png_bomb_is_refused_by_its_header() -> None:
    data = png_bomb()
    assert len(data) < 60_000
    with pytest.raises(ImageTooLarge, match="20000x20000"):
        decode(data, LIMITS)


def _huge(file_format: str) -> bytes:
    """A header that says 30,000 x 30,000, with hardly any pixels behind it."""
    if file_format == "PNG":
        return png(30_000, 30_000, rows=b"\0")
    if file_format == "WEBP":
        body = struct.pack("<I", (16_382 << 14) | 16_382)
        chunk = b"VP8L" + struct.pack("<I", 5) + b"\x2f" + body + b"\0" * 40
        return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
    small = written(Image.new("RGB", (8, 8)), file_format)
    if file_format == "GIF":
        return small[:6] + struct.pack("<HH", 30_000, 30_000) + small[10:]
    if file_format == "BMP":
        return small[:18] + struct.pack("<ii", 30_000, 30_000) + small[26:]
    if file_format == "JPEG":
        at = small.index(b"\xff\xc0") + 5
        return small[:at] + struct.pack(">HH", 30_000, 30_000) + small[at + 4 :]
    entries = small
    for tag in (256, 257):
        old = struct.pack("<HHIHH", tag, 3, 1, 8, 0)
        new = struct.pack("<HHIHH", tag, 3, 1, 30_000, 0)
        if old not in entries:
            old, new = struct.pack("<HHII", tag, 4, 1, 8), struct.pack("<HHII", tag, 4, 1, 30_000)
        assert old in entries
        entries = entries.replace(old, new)
    return entries


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "GIF", "BMP", "JPEG", "TIFF"])
def test_too_many_pixels_are_refused_before_any_is_decoded(file_format: str) -> None:
    with pytest.raises(ImageTooLarge, match="pixels; scale it down"):
        open_image(_huge(file_format), LIMITS)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(ImageTooLarge, match="send at most 100 bytes"):
        open_image(written(smooth(), "PNG"), ImageLimits(max_bytes=100))


def test_a_jpeg_2000_is_measured_by_its_code_stream() -> None:
    data = bytearray(written(smooth(), "JPEG2000"))
    header = data.index(b"\xff\x4f\xff\x51")
    data[header + 8 : header + 16] = struct.pack(">II", 30_000, 30_000)
    with pytest.raises(ImageTooLarge, match="30000x30000"):
        open_image(bytes(data), LIMITS)
    data[header + 8 : header + 16] = struct.pack(">II", 96, 64)
    data[header + 40 : header + 42] = struct.pack(">H", 16_000)
    with pytest.raises(InvalidImage, match="16000 channels"):
        open_image(bytes(data), LIMITS)


def test_the_pixel_limit_is_inclusive() -> None:
    data = written(smooth(100, 100), "PNG")
    assert decode(data, ImageLimits(max_pixels=10_000)).size == (100, 100)
    with pytest.raises(ImageTooLarge):
        decode(data, ImageLimits(max_pixels=9_999))


def test_a_tiff_tile_larger_than_its_picture_is_refused() -> None:
    with pytest.raises(ImageTooLarge, match="60000x60000"):
        decode(tiled_tiff(smooth(16, 16), 60_000), LIMITS)
    assert decode(tiled_tiff(smooth(16, 16), 16), LIMITS).size == (16, 16)


def test_a_jpeg_that_paints_over_and_over_is_refused() -> None:
    data = written(Image.new("L", (8000, 8000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    with pytest.raises(ImageTooLarge, match="scans"):
        decode(data[:-2] + data[last:-2] * 5000 + data[-2:], LIMITS)


def test_a_progressive_jpeg_is_known_to_need_room_for_all_its_pixels() -> None:
    image = smooth(512, 512)
    plain, progressive = (
        open_image(written(image, "JPEG", progressive=progressive), LIMITS)
        for progressive in (False, True)
    )

    assert plain.decoded_pixels(64) == 64 * 64
    assert progressive.decoded_pixels(64) == 512 * 512


def test_what_stands_behind_a_jpeg_or_in_its_headers_is_none_of_its_scans() -> None:
    image, thumbnail = smooth(512, 512), written(smooth(64, 64), "JPEG", progressive=True)
    data = written(image, "JPEG", comment=thumbnail * 8) + thumbnail * 3000

    markers = jpeg_markers(data)

    assert (markers.scans, markers.progressive) == (1, False)
    assert open_image(data, LIMITS).decoded_pixels(64) == 64 * 64


def test_a_baseline_jpeg_in_several_scans_needs_room_for_all_its_pixels() -> None:
    data = written(smooth(512, 512), "JPEG")
    scan = data[data.index(b"\xff\xda") : -2]

    assert open_image(data[:-2] + scan + data[-2:], LIMITS).decoded_pixels(64) == 512 * 512


def test_a_jpeg_of_very_many_segments_is_refused() -> None:
    data = written(smooth(16, 16), "JPEG")
    with pytest.raises(InvalidImage, match="segments"):
        decode(data[:2] + b"\xff\xfe\x00\x02" * 20_000 + data[2:], LIMITS)


SOURCES = [
    ("JPEG", {"exif": exif(6)}),
    ("JPEG", {"progressive": True}),
    ("PNG", {}),
    ("GIF", {}),
    ("WEBP", {"exif": exif(3)}),
    ("WEBP", {"lossless": True}),
    ("BMP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "jpeg"}),
    ("AVIF", {"speed": 10}),
    ("HEIF", {}),
    ("JPEG2000", {}),
]


@pytest.mark.parametrize(("file_format", "options"), SOURCES)
def test_damaged_bytes_only_ever_raise_invalid_image(
    file_format: str, options: dict[str, object]
) -> None:
    draw = random.Random(f"{file_format} {sorted(options)}")
    data = written(noise(40, 30), file_format, **options)
    for _ in range(150):
        damaged = bytearray(data[: draw.randint(1, len(data))] if draw.random() < 0.3 else data)
        for _ in range(draw.choice((1, 1, 2, 8, 32))):
            place = draw.randrange(min(len(damaged), draw.choice((64, 512, len(damaged)))))
            damaged[place] = draw.randrange(256)
        with suppress(InvalidImage):
            decode(bytes(damaged), ImageLimits(max_pixels=1_000_000))


def test_a_zlib_bomb_behind_a_small_header_costs_nothing() -> None:
    rows = zlib.compress(b"\0" * 200_000_000, 9)
    data = png(10, 10).replace(b"IDAT", b"XXXX", 1)
    head, tail = data[:33], data[-12:]
    chunk = struct.pack(">I", len(rows)) + b"IDAT" + rows
    chunk += struct.pack(">I", zlib.crc32(b"IDAT" + rows))
    assert decode(head + chunk + tail, LIMITS).size == (10, 10)
