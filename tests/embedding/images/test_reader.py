"""Every readable picture becomes upright opaque sRGB, whatever its format and mode."""

from __future__ import annotations

import io
import math
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from service.core.embedding import Crop
from service.core.errors import InvalidCrop
from service.embedding.images.reader import ImageLimits, decode, open_image
from tests.embedding.pictures import (
    exif,
    noise,
    png,
    png_chunk,
    png_of,
    smooth,
    swapped_profile,
    written,
)

# Outside of tests the module under test silences these itself.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LIMITS = ImageLimits()


def pixels(data: bytes, crop: Crop | None = None) -> NDArray[np.int16]:
    image = decode(data, LIMITS, crop)
    assert image.mode == "RGB"
    return np.asarray(image).astype(np.int16)


def close(one: NDArray[np.int16], other: Image.Image, tolerance: float) -> bool:
    return bool(np.abs(one - np.asarray(other.convert("RGB"))).max() <= tolerance)


@pytest.mark.parametrize(
    ("file_format", "media_type", "options", "tolerance"),
    [
        ("JPEG", "image/jpeg", {"quality": 95}, 12),
        ("JPEG", "image/jpeg", {"quality": 95, "progressive": True}, 12),
        ("PNG", "image/png", {}, 0),
        ("WEBP", "image/webp", {"lossless": True}, 0),
        ("BMP", "image/bmp", {}, 0),
        ("TIFF", "image/tiff", {}, 0),
        ("TIFF", "image/tiff", {"compression": "tiff_lzw"}, 0),
        ("TIFF", "image/tiff", {"big_tiff": True}, 0),
        ("AVIF", "image/avif", {"quality": 95}, 16),
        ("MPO", "image/jpeg", {"quality": 95}, 12),
        ("JPEG2000", "image/jp2", {"irreversible": False}, 0),
        ("JPEG2000", "image/jp2", {"no_jp2": True}, 0),
        ("HEIF", "image/heic", {"quality": 95}, 16),
    ],
)
def test_reads_every_format(
    file_format: str, media_type: str, options: dict[str, object], tolerance: int
) -> None:
    data = written(smooth(), file_format, **options)
    info = open_image(data, LIMITS).info
    assert (info.media_type, info.width, info.height) == (media_type, 96, 64)
    assert close(pixels(data), smooth(), tolerance)


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1)])
def test_reads_the_smallest_and_the_longest(size: tuple[int, int]) -> None:
    assert decode(written(noise(*size), "PNG"), LIMITS).size == size
    assert decode(written(noise(*size), "JPEG"), LIMITS).size == size


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_turns_every_exif_orientation_upright(file_format: str, orientation: int) -> None:
    upright = smooth()
    backwards = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if backwards is None else upright.transpose(backwards)
    data = written(stored, file_format, exif=exif(orientation), quality=95)
    info = open_image(data, LIMITS).info
    assert (info.width, info.height) == upright.size
    assert close(pixels(data), upright, 20)


@pytest.mark.parametrize(
    "broken",
    [b"", b"Exif\0\0", b"Exif\0\0MM\0*", b"Exif\0\0" + b"\xff" * 64, exif(6)[:20], exif(77)],
)
def test_broken_exif_is_ignored(broken: bytes) -> None:
    for file_format in ("JPEG", "WEBP"):
        data = written(smooth(), file_format, exif=broken, quality=95)
        assert close(pixels(data), smooth(), 20)
    assert close(pixels(png_of(smooth(), png_chunk(b"eXIf", broken))), smooth(), 0)


def test_puts_white_behind_transparency() -> None:
    red = Image.new("RGBA", (4, 4), (255, 0, 0, 255))
    red.putpixel((0, 0), (0, 0, 0, 0))
    red.putpixel((1, 0), (255, 0, 0, 128))
    for data in (written(red, "PNG"), written(red, "WEBP", lossless=True), written(red, "TIFF")):
        found = pixels(data)
        assert found[0, 0].tolist() == [255, 255, 255]
        assert abs(found[0, 1] - [255, 127, 127]).max() <= 1
        assert found[1, 1].tolist() == [255, 0, 0]


def test_puts_white_behind_transparent_grey_and_palette() -> None:
    grey = Image.new("LA", (2, 1), (0, 0))
    grey.putpixel((1, 0), (40, 255))
    assert pixels(written(grey, "PNG"))[0].tolist() == [[255] * 3, [40] * 3]

    palette = Image.new("P", (2, 1), 0)
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    assert pixels(written(palette, "PNG"))[0].tolist() == [[10, 20, 30], [200, 100, 50]]
    for transparency in (0, b"\0\xff"):
        data = written(palette, "PNG", transparency=transparency)
        assert pixels(data)[0].tolist() == [[255] * 3, [200, 100, 50]]
    gif = written(palette, "GIF", transparency=0)
    assert pixels(gif)[0].tolist() == [[255] * 3, [200, 100, 50]]


def test_puts_white_behind_a_transparent_colour_key() -> None:
    image = Image.new("RGB", (2, 1), (10, 20, 30))
    image.putpixel((1, 0), (1, 2, 3))
    data = written(image, "PNG", transparency=(10, 20, 30))
    assert pixels(data)[0].tolist() == [[255] * 3, [1, 2, 3]]
    grey = written(Image.new("L", (1, 1), 7), "PNG", transparency=7)
    assert pixels(grey)[0].tolist() == [[255] * 3]
    wide = png(
        2,
        1,
        depth=16,
        colour=0,
        rows=struct.pack(">BHH", 0, 300, 32896),
        extra=(png_chunk(b"tRNS", struct.pack(">H", 300)),),
    )
    assert pixels(wide)[0].tolist() == [[255] * 3, [128] * 3]


def test_scales_sixteen_bits_to_eight() -> None:
    values = np.array([[0, 257, 32768, 65535]], dtype=np.uint16)
    image = Image.fromarray(values)
    for data in (written(image, "PNG"), written(image, "TIFF")):
        assert pixels(data)[0, :, 0].tolist() == [0, 1, 128, 255]
    rgb = png(1, 1, depth=16, colour=2, rows=struct.pack(">BHHH", 0, 0, 32896, 65535))
    assert pixels(rgb)[0, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 128, 255]], np.int32), [0, 128, 255]),
        (np.array([[0, 32768, 65535]], np.int32), [0, 128, 255]),
        (np.array([[-1000, 0, 1000]], np.int32), [0, 128, 255]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 128, 255]], np.float32), [0, 128, 255]),
        (np.array([[0, np.nan, 1]], np.float32), [0, 0, 255]),
        (np.array([[np.inf, 0, 1]], np.float32), [255, 0, 255]),
        (np.array([[np.nan]], np.float32), [0]),
        (np.array([[5000000]], np.int32), [0]),
    ],
)
def test_scales_wide_numbers_by_what_they_hold(
    values: NDArray[np.generic], expected: list[int]
) -> None:
    assert pixels(written(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == expected


def test_reads_one_bit() -> None:
    image = Image.new("1", (9, 1), 1)
    image.putpixel((0, 0), 0)
    for file_format in ("PNG", "BMP", "TIFF"):
        assert pixels(written(image, file_format))[0, :2, 0].tolist() == [0, 255]


def test_reads_cmyk() -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    for data in (written(cyan, "JPEG", quality=95), written(cyan, "TIFF")):
        found = pixels(data)[8, 8]
        assert found[0] < 40
        assert found[1] > 140
        assert found[2] > 180


def test_reads_lab() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(smooth(), srgb, lab, outputMode="LAB")
    assert image is not None
    error = np.abs(pixels(written(image, "TIFF")) - np.asarray(smooth()))
    # Eight bits of Lab are coarse at the corners of the gamut.
    assert error.mean() < 2


def test_converts_a_profile_to_srgb() -> None:
    profile = swapped_profile()
    for data in (
        written(smooth(), "PNG", icc_profile=profile),
        written(smooth(), "TIFF", icc_profile=profile),
        written(smooth(), "WEBP", icc_profile=profile, lossless=True),
    ):
        swapped = Image.merge("RGB", smooth().split()[::-1])
        assert close(pixels(data), swapped, 6)


def test_a_corrupt_profile_is_ignored() -> None:
    for profile in (b"no profile", swapped_profile()[:200], b"\0" * 5000):
        for file_format in ("PNG", "TIFF"):
            data = written(smooth(), file_format, icc_profile=profile)
            assert close(pixels(data), smooth(), 0)
    assert close(pixels(png_of(smooth(), png_chunk(b"iCCP", b"x\0\0garbage"))), smooth(), 0)


def test_a_profile_of_another_colour_space_is_ignored() -> None:
    data = written(smooth().convert("L"), "PNG", icc_profile=swapped_profile())
    assert close(pixels(data), smooth().convert("L"), 0)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_takes_the_first_frame_of_an_animation(file_format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    data = written(
        frames[0], file_format, save_all=True, append_images=frames[1:], duration=50, lossless=True
    )
    assert pixels(data)[4, 4].tolist() == [255, 0, 0]


def test_a_gif_of_a_thousand_frames_costs_one() -> None:
    frames = [Image.new("P", (64, 64), index % 250) for index in range(1000)]
    data = written(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data, LIMITS).size == (64, 64)


def test_text_in_a_png_is_never_unpacked() -> None:
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 30_000_000))
    long = png_chunk(b"iTXt", b"x\0\0\0\0\0" + b"a" * 3_000_000)
    assert close(pixels(png_of(smooth(), bomb, long)), smooth(), 0)


@pytest.mark.parametrize(
    ("size", "crop", "expected"),
    [
        ((512, 512), None, (512, 512)),
        ((1023, 1023), None, (1023, 1023)),
        ((1024, 2048), None, (512, 1024)),
        ((4096, 4100), None, (512, 513)),
        ((4096, 4096), Crop(0, 0, 0.5, 0.5), (512, 512)),
        ((4096, 4096), Crop(0, 0, 0.1, 1), (410, 4096)),
    ],
)
def test_decodes_a_large_jpeg_at_reduced_scale(
    size: tuple[int, int], crop: Crop | None, expected: tuple[int, int]
) -> None:
    data = written(Image.new("RGB", size, "teal"), "JPEG")
    assert decode(data, LIMITS, crop).size == expected
    info = open_image(data, LIMITS).info
    assert (info.width, info.height) == size


def test_the_crop_counts_on_the_upright_picture() -> None:
    upright = Image.new("RGB", (40, 20), "white")
    upright.paste("red", (30, 0, 40, 10))
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    data = written(stored, "PNG", exif=exif(6))
    found = pixels(data, Crop(0.75, 0, 0.25, 0.5))
    assert found.shape == (10, 10, 3)
    assert (found == [255, 0, 0]).all()


def test_a_crop_may_touch_every_edge_within_rounding() -> None:
    data = written(smooth(), "PNG")
    assert pixels(data, Crop(0, 0, 1, 1)).shape == (64, 96, 3)
    assert pixels(data, Crop(0.3334, 0, 0.6667, 1)).shape == (64, 64, 3)


@pytest.mark.parametrize(
    "crop",
    [
        Crop(-0.1, 0, 0.5, 0.5),
        Crop(0, 0, 1.1, 1),
        Crop(0.6, 0, 0.5, 1),
        Crop(0, 0, 0, 1),
        Crop(0, 0, 0.001, 0.001),
        Crop(1, 1, 0.0005, 0.0005),
        Crop(0, 0, -0.5, 0.5),
        Crop(math.nan, 0, 1, 1),
        Crop(0, 0, math.inf, 1),
    ],
)
def test_a_crop_outside_or_empty_is_refused(crop: Crop) -> None:
    with pytest.raises(InvalidCrop) as caught:
        pixels(written(smooth(), "PNG"), crop)
    assert caught.value.place == ("crop",)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((3000, 1500), (256, 128)), ((10, 10), (10, 10)), ((1, 20_000), (1, 256))],
)
def test_a_thumbnail_is_a_small_upright_jpeg(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    data = written(noise(*size[::-1]), "JPEG", exif=exif(6))
    small = open_image(data, LIMITS).thumbnail(256)
    with Image.open(io.BytesIO(small)) as image:
        assert image.format == "JPEG"
        assert image.size == expected
