"""Colours as PNG's `gAMA`, `cHRM` and `cICP` and as HEIF declare them, to sRGB.

The formulas are those of ITU-T H.273 (transfer characteristics, colour primaries), of
IEC 61966-2-1 (sRGB) and, between white points, Bradford's adaptation.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]

_ROWS_PIXELS = 1_000_000
"""Pixels converted at once, so that floats never exist for a whole large picture."""

_USUAL_GAMMA = (0.42, 0.48)
"""Exponents that are meant for sRGB: writers say 0.45455, and its curve is near that."""

_HDR_WHITE_NITS = 203.0
"""Diffuse white in HDR pictures (ITU-R BT.2408); what is brighter becomes white."""

_SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290))
_PRIMARIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), (0.3127, 0.3290)),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.3127, 0.3290)),
}
"""Red, green, blue and white as x and y, by the code of ITU-T H.273."""

_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """`light` gives each of the 256 sample values its linear light; `matrix` leads to sRGB's."""

    light: Floats
    matrix: Floats | None

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """An RGB picture in this encoding to sRGB; what lies outside of sRGB is clipped."""
        if self.matrix is None:
            return image.point(list(_encoded(self.light)) * 3)
        values = np.asarray(image)
        converted = np.empty_like(values)
        step = max(1, _ROWS_PIXELS // image.width)
        for top in range(0, image.height, step):
            linear = self.light[values[top : top + step]] @ self.matrix.T
            converted[top : top + step] = _encoded(linear)
        return Image.fromarray(converted)


def of_png(chunks: Mapping[bytes, bytes], *, has_profile: bool) -> Encoding | None:
    """The encoding that a PNG declares; None where that is sRGB or a profile.

    The chunks count in the order that the PNG specification gives (section 4.3).
    """
    cicp = chunks.get(b"cICP", b"")
    if len(cicp) == 4 and cicp[2] == 0:
        return of_codes(primaries=cicp[0], transfer=cicp[1])
    gamma = chunks.get(b"gAMA", b"")
    if has_profile or b"sRGB" in chunks or len(gamma) != 4 or gamma == b"\0\0\0\0":
        return None
    exponent = int.from_bytes(gamma, "big") / 100_000
    matrix = _of_chromaticities(chunks.get(b"cHRM", b""))
    usual = _USUAL_GAMMA[0] <= exponent <= _USUAL_GAMMA[1]
    if usual and matrix is None:
        return None
    steps = np.linspace(0, 1, 256)
    return Encoding(_srgb_light(steps) if usual else steps ** (1 / exponent), matrix)


def of_codes(*, primaries: int, transfer: int) -> Encoding | None:
    """The encoding with these codes of ITU-T H.273; None for sRGB, video and unknown ones."""
    curve = _CURVES.get(transfer)
    corners = _PRIMARIES.get(primaries)
    if curve is None and corners is None:
        return None
    steps = np.linspace(0, 1, 256)
    return Encoding((curve or _srgb_light)(steps), _matrix(corners) if corners else None)


def _of_chromaticities(chunk: bytes) -> Floats | None:
    """The matrix of a `cHRM` chunk; None where it is missing, impossible or sRGB's."""
    if len(chunk) != 32:
        return None
    numbers = np.array(struct.unpack(">8I", chunk)) / 100_000
    white, red, green, blue = numbers.reshape(4, 2)
    corners = np.array([red, green, blue, white])
    if (corners[:, 1] <= 0).any() or np.abs(corners - np.array(_SRGB)).max() < 0.005:
        return None
    try:
        matrix = _matrix(corners)
    except np.linalg.LinAlgError:
        return None
    return matrix if np.isfinite(matrix).all() else None


def _matrix(corners: object) -> Floats:
    """The matrix from linear RGB with these chromaticities to linear sRGB, white to white."""
    theirs, our_white = np.asarray(corners, float), np.asarray(_SRGB, float)[3]
    cones = [_BRADFORD @ _xyz(white) for white in (theirs[3], our_white)]
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones[1] / cones[0]) @ _BRADFORD
    linear: Floats = np.linalg.inv(_to_xyz(np.asarray(_SRGB))) @ adapted @ _to_xyz(theirs)
    return linear


def _to_xyz(corners: Floats) -> Floats:
    columns = np.stack([_xyz(corner) for corner in corners[:3]], axis=1)
    scaled: Floats = columns * np.linalg.solve(columns, _xyz(corners[3]))
    return scaled


def _xyz(corner: Floats) -> Floats:
    x, y = corner
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _srgb_light(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _encoded(light: Floats) -> NDArray[np.uint8]:
    clipped = np.clip(light, 0, 1)
    curved = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return (curved * 255 + 0.5).astype(np.uint8)


def _pq(values: Floats) -> Floats:
    """SMPTE ST 2084, diffuse white as 1."""
    powers = values ** (1 / 78.84375)
    ratio = np.maximum(powers - 0.8359375, 0) / (18.8515625 - 18.6875 * powers)
    nits: Floats = 10_000 * ratio ** (1 / 0.1593017578125)
    return nits / _HDR_WHITE_NITS


def _hlg(values: Floats) -> Floats:
    """ITU-R BT.2100's scene light; three quarters of the signal are diffuse white."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
    white: Floats = (np.exp((0.75 - c) / a) + b) / 12
    return light / white


_CURVES: dict[int, Callable[[Floats], Floats]] = {
    4: lambda values: values**2.2,
    5: lambda values: values**2.8,
    8: lambda values: values,
    16: _pq,
    18: _hlg,
}
