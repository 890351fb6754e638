"""Any pixel mode, alpha and colour profile to opaque 8-bit sRGB on white."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from service.embedding.images.containers import MAX_ICC_BYTES

_ROWS_PIXELS = 4_000_000
"""Pixels converted at once, so that wide numbers never exist for a whole large picture."""

_ICC_MODES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """`image` in mode RGB; a profile that is broken or of another colour space is ignored."""
    colour, alpha = _split_alpha(_eight_bit(image))
    rgb = _managed(colour, icc)
    if alpha is None or alpha.getextrema() == (255, 255):
        return rgb
    page = Image.new("RGB", rgb.size, "white")
    page.paste(rgb, mask=alpha)
    return page


def _eight_bit(image: Image.Image) -> Image.Image:
    """Wide grey to L or LA; Pillow's own conversion clips at 255 instead of scaling."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    low, high = _range(image)
    grey = Image.fromarray(_scaled(image, low, high))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int) and image.mode.startswith("I"):
        mask = np.asarray(image) != transparent
        grey.putalpha(Image.fromarray((mask * np.uint8(255)).astype(np.uint8)))
    return grey


def _range(image: Image.Image) -> tuple[float, float]:
    """The values that mean black and white.

    16-bit modes say it. 32-bit integers and floats do not: by convention floats go to 1, and
    else the numbers are those of the narrowest type that holds them all.
    """
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    values = np.asarray(image)
    finite = values[np.isfinite(values)] if image.mode == "F" else values
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    for white in whites:
        if low >= 0 and high <= white:
            return 0.0, white
    return low, high if high > low else low + 1.0


def _scaled(image: Image.Image, low: float, high: float) -> NDArray[np.uint8]:
    values = np.asarray(image)
    scaled = np.empty(values.shape, np.uint8)
    step = max(1, _ROWS_PIXELS // max(1, image.width))
    for top in range(0, image.height, step):
        rows = values[top : top + step].astype(np.float64)
        rows = np.nan_to_num(rows, nan=low, posinf=high, neginf=low)
        scaled[top : top + step] = np.clip((rows - low) * (255 / (high - low)) + 0.5, 0, 255)
    return scaled


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


def _managed(image: Image.Image, icc: bytes | None) -> Image.Image:
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
    if image.mode == "RGB" and "sRGB" in (profile.profile.profile_description or ""):
        return image
    return _transform(image, profile)


def _transform(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    transform = ImageCms.buildTransform(profile, srgb, image.mode, "RGB")
    converted = transform.apply(image)
    return converted
