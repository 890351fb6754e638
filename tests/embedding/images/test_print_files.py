"""TIFFs of print shops and scientists, and JPEGs, PNGs and profiles that say little or nothing."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from service.core.errors import ImageTooLarge, InvalidImage
from service.embedding.images import encodings
from service.embedding.images.reader import ImageLimits, decode, open_image
from tests.embedding.pictures import noise, png_chunk, png_of, smooth, written

LIMITS = ImageLimits()
ALPHA = {"extrasamples": ["unassalpha"]}


def tiff(values: NDArray[np.generic], **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def pixels(data: bytes, limits: ImageLimits = LIMITS) -> NDArray[np.int16]:
    return np.asarray(decode(data, limits)).astype(np.int16)


def error(found: NDArray[np.int16], expected: Image.Image) -> float:
    return float(np.abs(found - np.asarray(expected.convert("RGB"))).max())


def wide(values: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return values.astype(np.uint16) * 257


def with_alpha(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """The left half is transparent."""
    alpha = np.full((*values.shape[:2], 1), np.iinfo(values.dtype).max, values.dtype)
    alpha[:, : values.shape[1] // 2] = 0
    return np.concatenate([values.reshape(*values.shape[:2], -1), alpha], axis=-1)


def half_white(image: Image.Image) -> Image.Image:
    expected = image.convert("RGB")
    expected.paste("white", (0, 0, image.width // 2, image.height))
    return expected


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(
    ("mode", "photometric"), [("RGB", "rgb"), ("CMYK", "separated"), ("L", "minisblack")]
)
def test_reads_planes_and_alpha_of_every_colour_space(
    mode: str, photometric: str, alpha: bool, bits: int, planar: str
) -> None:
    image = smooth().convert(mode)
    values = np.asarray(image)
    given = wide(values) if bits == 16 else values
    options = {"photometric": photometric, **(ALPHA if alpha else {})}
    if alpha:
        given = with_alpha(given)
    if given.ndim == 3:
        options["planarconfig"] = planar
        given = np.moveaxis(given, -1, 0) if planar == "separate" else given

    found = pixels(tiff(given, **options))

    assert error(found, half_white(image) if alpha else image) <= 1


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "lzma", "zstd"])
def test_reads_the_usual_compressions(compression: str) -> None:
    values = np.moveaxis(wide(np.asarray(smooth())), -1, 0)

    data = tiff(values, photometric="rgb", planarconfig="separate", compression=compression)

    assert error(pixels(data), smooth()) == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_may_be_zero(dtype: type[np.unsignedinteger]) -> None:
    grey = smooth().convert("L")
    values = np.asarray(grey) if dtype is np.uint8 else wide(np.asarray(grey))

    found = pixels(tiff(np.iinfo(dtype).max - values, photometric="miniswhite"))

    assert error(found, grey) == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_reads_floats_of_several_channels(dtype: type[np.floating]) -> None:
    values = (np.asarray(smooth()) / 255).astype(dtype)

    assert error(pixels(tiff(values, photometric="rgb")), smooth()) <= 1


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
def test_reads_lab(bits: int, alpha: bool) -> None:
    lab = ImageCms.profileToProfile(
        smooth(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    values = np.asarray(lab).astype(np.uint16 if bits == 16 else np.uint8)
    values = values.copy()
    if bits == 16:
        values[..., 0] *= 257
        values[..., 1:] *= 256
    options = ALPHA if alpha else {}

    found = pixels(tiff(with_alpha(values) if alpha else values, photometric="cielab", **options))

    expected = half_white(smooth()) if alpha else smooth()
    assert np.abs(found - np.asarray(expected)).mean() < 2


def test_divides_by_an_alpha_that_colours_were_multiplied_with() -> None:
    values = np.full((8, 8, 4), 32768, np.uint16)
    values[..., :3] = [32768, 16384, 0]  # (255, 128, 0) at half
    planes = np.moveaxis(values, -1, 0)

    found = pixels(
        tiff(planes, photometric="rgb", planarconfig="separate", extrasamples=["assocalpha"])
    )

    assert np.abs(found[4, 4] - [255, 191, 127]).max() <= 1


def test_takes_the_largest_page_where_the_first_is_a_thumbnail() -> None:
    thumbnail = np.asarray(smooth().resize((12, 8)))
    for large in (np.asarray(smooth()), wide(np.asarray(smooth()))):
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer) as file:
            file.write(thumbnail, photometric="rgb", subfiletype=1)
            file.write(np.moveaxis(large, -1, 0), photometric="rgb", planarconfig="separate")
            file.write(thumbnail, photometric="rgb")

        assert error(pixels(buffer.getvalue()), smooth()) == 0


def test_a_page_beyond_the_limit_does_not_hide_one_within_it() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(np.asarray(smooth(20, 10)), photometric="rgb")
        file.write(np.asarray(smooth(200, 100)), photometric="rgb")

    assert pixels(buffer.getvalue(), ImageLimits(max_pixels=1000)).shape == (10, 20, 3)


def test_turns_a_wide_tiff_upright() -> None:
    stored = wide(np.asarray(smooth().transpose(Image.Transpose.ROTATE_90)))
    tag = [(274, 3, 1, 6, True)]

    data = tiff(
        np.moveaxis(stored, -1, 0), photometric="rgb", planarconfig="separate", extratags=tag
    )

    assert open_image(data, LIMITS).info.width == 96
    assert error(pixels(data), smooth()) == 0


def _planar(shape: tuple[int, int] = (64, 96), **options: object) -> bytes:
    values = np.zeros((3, *shape), np.uint16)
    return tiff(values, photometric="rgb", planarconfig="separate", **options)


def test_a_wide_tiff_of_too_many_pixels_or_bytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(ImageTooLarge, match="scale it down"):
        open_image(_planar(), ImageLimits(max_pixels=96 * 64 - 1))
    with pytest.raises(ImageTooLarge, match="save it with 8 bits"):
        open_image(
            tiff(np.zeros((64, 96, 4)), photometric="rgb", extrasamples=["unspecified"]),
            ImageLimits(max_pixels=96 * 64),
        )
    assert open_image(_planar(), LIMITS).decoded_pixels(64) == 2 * 96 * 64


def test_a_strip_that_unpacks_to_far_more_than_its_rows_costs_no_more() -> None:
    data = _planar(compression="zlib", rowsperstrip=64)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = file.pages[0].tags
        place, counts = file.pages[0].dataoffsets[0], tags[279].valueoffset
    bomb = zlib.compress(b"\0" * 200_000_000, 9)
    packed = bytearray(data[:place] + bomb)
    packed[counts : counts + 4] = struct.pack("<I", len(bomb))

    with pytest.raises(InvalidImage):
        decode(bytes(packed), LIMITS)


def test_a_cameras_raw_tiff_is_called_so() -> None:
    data = tiff(np.zeros((64, 96), np.uint16), photometric="cfa", extratags=[])
    with pytest.raises(InvalidImage, match="camera's raw picture; develop it"):
        decode(data, LIMITS)


def test_a_jpeg_without_its_end_marker_is_read_with_a_warning() -> None:
    for options in ({}, {"progressive": True}, {"subsampling": 0}):
        data = written(smooth(400, 300), "JPEG", quality=90, **options)
        opened = open_image(data[:-2], LIMITS)
        found = np.asarray(opened.decode(512)).astype(np.int16)

        assert error(found, Image.open(io.BytesIO(data))) == 0
        assert "end marker" in opened.info.warnings[0]
        assert open_image(data, LIMITS).info.warnings == ()


def test_the_missing_rows_of_a_jpeg_continue_the_last_one() -> None:
    image = Image.new("RGB", (320, 800), "white")
    image.paste(noise(300, 700), (10, 10))
    image.paste(noise(8, 90, seed=1), (300, 710))
    data = written(image, "JPEG", quality=90)

    found = pixels(data[: data.rindex(b"\xff\xd9") - 100])

    assert found[-16:, :290].min() > 245  # a decoder alone would leave grey there


def test_a_progressive_jpeg_may_lack_its_last_refinement() -> None:
    image = smooth(400, 300)
    data = written(image, "JPEG", progressive=True, quality=90)
    last = data.rindex(b"\xff\xda")

    opened = open_image(data[: (last + len(data)) // 2], LIMITS)
    found = np.asarray(opened.decode(512)).astype(np.int16)

    assert np.abs(found - np.asarray(image)).mean() < 2
    assert opened.info.warnings
    with pytest.raises(InvalidImage, match="truncated"):
        decode(data[: data.index(b"\xff\xda") + 200], LIMITS)


def test_a_jpeg_may_lack_its_last_rows_and_no_more() -> None:
    image = noise(320, 800)
    data = written(image, "JPEG", quality=90)
    for scale_to in (64, 800):
        opened = open_image(data[: int(0.97 * len(data))], LIMITS)
        opened.decode(scale_to)
        assert opened.info.warnings
        for share in (0.1, 0.5, 0.8, 0.85):
            with pytest.raises(InvalidImage, match="truncated"):
                open_image(data[: int(share * len(data))], LIMITS).decode(scale_to)


def linear_profile(name: bytes) -> bytes:
    """An RGB profile with sRGB's primaries, linear light, and this name of four letters."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack(">I", profile[128:132])[0]):
        at = 132 + 12 * number
        if profile[at : at + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            place = struct.unpack(">I", profile[at + 4 : at + 8])[0]
            # A parametric curve of type 0 with the exponent 1.
            profile[place : place + 16] = b"para\0\0\0\0\0\0\0\0\0\x01\0\0"
    return bytes(profile).replace(b"s\0R\0G\0B", name.decode().encode("utf-16-be")[:-1])


def linear_light(image: Image.Image) -> Image.Image:
    values = np.asarray(image) / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return Image.fromarray((light * 255 + 0.5).astype(np.uint8))


@pytest.mark.parametrize("name", [b"sRGB", b"line"])
def test_a_profile_is_judged_by_its_content(name: bytes) -> None:
    profile = linear_profile(name)

    data = written(linear_light(smooth()), "PNG", icc_profile=profile)

    # The darkest colours have few of the 256 linear steps.
    assert np.abs(pixels(data) - np.asarray(smooth())).mean() < 3
    assert np.abs(pixels(written(linear_light(smooth()), "PNG")) - np.asarray(smooth())).mean() > 20


def test_a_profile_that_is_srgb_under_another_name_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = profile.replace(b"s\0R\0G\0B", b"o\0t\0h\0r")

    assert error(pixels(written(smooth(), "PNG", icc_profile=renamed)), smooth()) == 0


def gamma(value: int) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", value))


@pytest.mark.parametrize(
    "chunk", [gamma(100_000), png_chunk(b"cICP", bytes([1, 8, 0, 1]))], ids=["gAMA", "cICP"]
)
def test_a_png_that_declares_linear_light_is_read_as_such(chunk: bytes) -> None:
    found = pixels(png_of(linear_light(smooth()), chunk))

    assert np.abs(found - np.asarray(smooth())).mean() < 3


@pytest.mark.parametrize(
    "chunks",
    [
        (gamma(45_455),),
        (gamma(0),),
        (gamma(100_000), png_chunk(b"sRGB", b"\0")),
        (png_chunk(b"cICP", bytes([1, 13, 0, 1])), gamma(100_000)),
        (png_chunk(b"cICP", b"\1"),),
    ],
)
def test_a_png_that_declares_srgb_is_left_alone(chunks: tuple[bytes, ...]) -> None:
    assert error(pixels(png_of(smooth(), *chunks)), smooth()) == 0


def test_wide_primaries_become_srgb() -> None:
    p3 = Image.new("RGB", (2, 1), (128, 128, 128))
    p3.putpixel((1, 0), (234, 51, 35))  # sRGB's red in Display P3
    data = png_of(p3, png_chunk(b"cICP", bytes([12, 13, 0, 1])))

    assert np.abs(pixels(data)[0] - [[128, 128, 128], [255, 0, 0]]).max() <= 2


@pytest.mark.parametrize(("transfer", "white"), [(16, 0.58), (18, 0.75)])
def test_diffuse_white_of_hdr_is_white(transfer: int, white: float) -> None:
    encoding = encodings.of_codes(primaries=9, transfer=transfer)
    assert encoding is not None
    image = Image.new("RGB", (1, 1), (round(255 * white),) * 3)

    assert min(encoding.to_srgb(image).getpixel((0, 0))) >= 252  # type: ignore[arg-type,type-var]


def cut_out(size: int, box: tuple[int, int, int, int], colour: str = "white") -> Image.Image:
    image = Image.new("RGBA", (size, size), (255, 255, 255, 0))
    image.paste(colour, box)
    return image


def test_a_white_thing_on_transparency_is_put_on_grey() -> None:
    one, other = cut_out(64, (8, 8, 40, 56)), cut_out(64, (20, 4, 60, 30))
    for image in (one, other):
        found = pixels(written(image, "PNG"))
        visible = np.asarray(image.getchannel("A")) == 255
        assert (found[visible] == 255).all()
        assert (found[~visible] == 128).all()
        assert (pixels(written(image, "WEBP", lossless=True)) == found).all()


@pytest.mark.parametrize("colour", ["red", "#c8c8c8"])
def test_a_thing_that_white_does_not_hide_stays_on_white(colour: str) -> None:
    found = pixels(written(cut_out(64, (8, 8, 40, 56), colour), "PNG"))

    assert found[0, 0].tolist() == [255] * 3


def test_an_empty_transparent_picture_is_white() -> None:
    assert (pixels(written(cut_out(8, (0, 0, 0, 0)), "PNG")) == 255).all()
