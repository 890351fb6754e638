"""Any pixel mode, alpha and colour profile to opaque 8-bit sRGB on a neutral background."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageCms

from service.embedding.images.containers import MAX_ICC_BYTES
from service.embedding.images.encodings import Encoding
from service.embedding.images.samples import black_and_white, eight_bit

GREY_BACKGROUND = (128, 128, 128)
"""Stands behind transparent pictures that white would hide."""

_NEAR_WHITE = 240
"""The lowest channel of a pixel that white hides."""
_HIDDEN_SHARE = 0.95
"""If so much of what is visible is near white, white would hide the picture."""

_ICC_MODES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}

_SAME_COLOUR = 2
"""A profile is taken for sRGB if no colour changes by more levels of 255 than this."""


def to_srgb(image: Image.Image, icc: bytes | None, encoding: Encoding | None = None) -> Image.Image:
    """`image` in mode RGB; a profile that is broken or of another colour space is ignored.

    `encoding` counts instead of a profile.
    """
    colour, alpha = _split_alpha(_eight_bit(image))
    rgb = managed(colour, None if encoding else icc)
    if encoding is not None:
        rgb = encoding.to_srgb(rgb)
    if alpha is None or alpha.getextrema() == (255, 255):
        return rgb
    page = Image.new("RGB", rgb.size, _background(rgb, alpha))
    page.paste(rgb, mask=alpha)
    return page


def _background(rgb: Image.Image, alpha: Image.Image) -> str | tuple[int, int, int]:
    """White, or grey for a white thing: its shape would be lost on white."""
    red, green, blue = rgb.split()
    light = ImageChops.darker(ImageChops.darker(red, green), blue).point(
        lambda value: 255 * (value >= _NEAR_WHITE)
    )
    visible = sum(level * count for level, count in enumerate(alpha.histogram()))
    near_white = sum(level * count for level, count in enumerate(alpha.histogram(light)))
    return GREY_BACKGROUND if 0 < _HIDDEN_SHARE * visible <= near_white else "white"


def _eight_bit(image: Image.Image) -> Image.Image:
    """Wide grey to L or LA; Pillow's own conversion clips at 255 instead of scaling."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    values = np.asarray(image)
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else black_and_white(values)
    grey = Image.fromarray(eight_bit(values, low, high))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int) and image.mode.startswith("I"):
        mask = values != transparent
        grey.putalpha(Image.fromarray((mask * np.uint8(255)).astype(np.uint8)))
    return grey


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The opaque picture in a mode that profiles know, and the alpha channel if there is one."""
    if image.mode in ("La", "RGBa"):
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    if image.mode == "LA":
        return image.getchannel("L"), image.getchannel("A")
    if _has_transparency(image):
        image = image.convert("RGBA")
        return image.convert("RGB"), image.getchannel("A")
    if image.mode == "1":
        return image.convert("L"), None
    return (image if image.mode in _ICC_MODES else image.convert("RGB")), None


def _has_transparency(image: Image.Image) -> bool:
    if image.mode in ("RGBA", "PA"):
        return True
    if image.mode == "P" and image.palette is not None and image.palette.mode.endswith("A"):
        return True
    return image.mode in ("P", "L", "RGB", "1") and "transparency" in image.info


def managed(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Through the profile to sRGB; without a usable one, by the plain formula of the mode."""
    if icc and len(icc) <= MAX_ICC_BYTES:
        # A profile is an embellishment: whatever is wrong with it, the picture is there.
        with suppress(Exception):
            return _through_profile(image, icc)
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _transform(image, lab)
    return image if image.mode == "RGB" else image.convert("RGB")


def _through_profile(image: Image.Image, icc: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    if profile.profile.xcolor_space != _ICC_MODES[image.mode]:
        raise ValueError("the profile is of another colour space")
    return image if image.mode == "RGB" and _is_srgb(icc) else _transform(image, profile)


@lru_cache(maxsize=8)
def _is_srgb(icc: bytes) -> bool:
    """Judges a profile of RGB by what it does to colours: its name says nothing."""
    converted = _transform(_COLOURS, ImageCms.ImageCmsProfile(io.BytesIO(icc)))
    changes = np.asarray(converted).astype(int) - np.asarray(_COLOURS)
    return bool(np.abs(changes).max() <= _SAME_COLOUR)


def _transform(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    transform = ImageCms.buildTransform(profile, srgb, image.mode, "RGB")
    converted = transform.apply(image)
    return converted


_COLOURS = Image.fromarray(
    np.stack(np.meshgrid(*[np.arange(0, 256, 15)] * 3), axis=-1).reshape(18, -1, 3).astype(np.uint8)
)
"""Eighteen steps of each channel, combined."""
