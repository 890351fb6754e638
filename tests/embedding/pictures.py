"""Pictures to test with: drawn by formula, and written in every format and mode."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image, ImageCms


def smooth(width: int = 96, height: int = 64) -> Image.Image:
    """Colour gradients that survive JPEG, different in every corner."""
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x / max(1, width - 1)
    green = 255 * y / max(1, height - 1)
    blue = 255 - (red + green) / 2
    return Image.fromarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))


def noise(width: int, height: int, *, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def written(image: Image.Image, file_format: str, **options: object) -> bytes:
    if file_format == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour: int = 2,
    rows: bytes = b"",
    extra: tuple[bytes, ...] = (),
) -> bytes:
    """A PNG from its parts: `rows` are filtered scan lines, `extra` chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            *extra,
            png_chunk(b"IDAT", zlib.compress(rows, 9)),
            png_chunk(b"IEND", b""),
        ]
    )


def png_of(image: Image.Image, *extra: bytes) -> bytes:
    """An RGB picture as a PNG with further chunks."""
    pixels = np.asarray(image)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return png(image.width, image.height, rows=rows, extra=extra)


def png_bomb(side: int = 20_000) -> bytes:
    """400 megapixels of one bit each in 49 kB."""
    row = b"\0" * (1 + side // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            png_chunk(b"IDAT", packed),
            png_chunk(b"IEND", b""),
        ]
    )


def tiled_tiff(image: Image.Image, tile_px: int) -> bytes:
    """An RGB picture no larger than one tile of this side, as an uncompressed tiled TIFF."""
    tile = np.zeros((min(tile_px, 64), min(tile_px, 64), 3), np.uint8)
    tile[: image.height, : image.width] = np.asarray(image)
    entries = [
        (256, 4, 1, image.width),
        (257, 4, 1, image.height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (277, 3, 1, 3),
        (322, 4, 1, tile_px),
        (323, 4, 1, tile_px),
        (324, 4, 1, 0),
        (325, 4, 1, tile.nbytes),
    ]
    start = 8 + 2 + 12 * len(entries) + 4
    bits = struct.pack("<HHH", 8, 8, 8)
    entries[2] = (258, 3, 3, start)
    entries[8] = (324, 4, 1, start + len(bits))
    directory = b"".join(
        struct.pack("<HHI", *entry[:3])
        + struct.pack(
            "<HH" if entry[1] == 3 and entry[2] == 1 else "<I",
            entry[3],
            *((0,) if entry[1] == 3 and entry[2] == 1 else ()),
        )
        for entry in entries
    )
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries))
    return head + directory + b"\0" * 4 + bits + tile.tobytes()


def swapped_profile() -> bytes:
    """An RGB profile whose primaries are not sRGB's: red and blue change places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = struct.unpack(">I", profile[128:132])[0]
    places = {}
    for number in range(tags):
        at = 132 + 12 * number
        places[bytes(profile[at : at + 4])] = at
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    profile[red + 4 : red + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile).replace(b"sRGB", b"swap").replace(b"s\0R\0G\0B", b"s\0w\0a\0p")
