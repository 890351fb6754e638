"""Pictures drawn from a number: shapes in colours, no two alike."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw


def picture(seed: int, *, size: tuple[int, int] = (160, 120)) -> Image.Image:
    draw_with = random.Random(seed)
    image = Image.new("RGB", size, _colour(draw_with))
    canvas = ImageDraw.Draw(image)
    for _ in range(draw_with.randint(2, 6)):
        x, y = draw_with.randrange(size[0]), draw_with.randrange(size[1])
        box = (x, y, x + draw_with.randint(10, 90), y + draw_with.randint(10, 90))
        shape = draw_with.choice([canvas.ellipse, canvas.rectangle])
        shape(box, fill=_colour(draw_with))
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(seed: int) -> bytes:
    return encoded(picture(seed))


def _colour(draw_with: random.Random) -> tuple[int, int, int]:
    return draw_with.randrange(256), draw_with.randrange(256), draw_with.randrange(256)
