"""A program: the service with a third signal, which is one more row of the registry.

It registers mean colours as a signal, runs the real app on the embedded stores in the directory of
its argument, and prints what it answers as one JSON object in the last line.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.core.embedding import GRID_SIDE, Crop
from service.embedding import registry
from service.embedding.sources import BundledSource


class ColourEncoder:
    """The mean colour of a picture's middle, as a unit vector of 3 numbers and a constant."""

    name = "mean-colour"
    dimensions = 4
    fingerprint = hashlib.sha256(b"mean-colour").hexdigest()

    def preprocess(self, image: Image.Image) -> NDArray[np.generic]:
        return np.asarray(image.resize((GRID_SIDE, GRID_SIDE), Image.Resampling.BOX), np.float32)

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        means = batch.mean(axis=(1, 2)) / 255
        vectors = np.concatenate([means, np.full((len(means), 1), 0.1)], axis=1)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def regions(self) -> ColourRegions:
        return ColourRegions(self)


class ColourRegions:
    """RegionEncoder: every cell gives its own colour to the mean."""

    def __init__(self, encoder: ColourEncoder) -> None:
        self._encoder = encoder

    def view(self, width: int, height: int) -> Crop:
        return Crop(0, 0, 1, 1)

    def explain(self, batch: NDArray[Any], queries: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = np.linalg.norm(
            np.concatenate([batch.mean(axis=(1, 2)) / 255, np.full((len(batch), 1), 0.1)], 1),
            axis=1,
        )
        cells = np.einsum("nijc,nc->nij", batch / 255, queries[:, :3]) / GRID_SIDE**2
        return np.asarray(cells / lengths[:, None, None], np.float32)


def colour(_: object) -> BundledSource:
    return BundledSource(ColourEncoder.name, ColourEncoder)


def register() -> None:
    row = registry.SignalRow(
        name="colour",
        caption="its colours",
        default_weight=0.5,
        encoders={"clip+resnet50": colour, "compact": colour},
    )
    registry.SIGNALS = (*registry.SIGNALS, row)


def png(red: int, green: int, blue: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()


async def talk(client: httpx.AsyncClient) -> dict[str, Any]:
    pictures = {"red": png(220, 30, 30), "blue": png(30, 30, 220)}
    for name, data in pictures.items():
        answer = await client.put(
            f"/products/{name}", data={"name": f"A {name} mug"}, files={"image": data}
        )
        answer.raise_for_status()

    async def search(**fields: str) -> Any:
        answer = await client.post("/search/image", data=fields, files={"image": png(200, 60, 60)})
        return answer.json()

    return {
        "health": (await client.get("/health")).json(),
        "openapi": (await client.get("/openapi.json")).json(),
        "search": await search(),
        "by colour": await search(weights='{"colour": 1}', explain="true", overlay="true"),
        "unknown": await search(weights='{"taste": 1}'),
        "text": (await client.post("/search/text", json={"query": "red mug"})).json(),
        "similar": (await client.get("/products/red/similar")).json(),
    }


async def main(directory: str) -> None:
    # Only now: they read the registry when they are imported.
    from service.app import create_app
    from service.config import Settings

    # _env_file: the settings class has it from pydantic-settings, whose stubs do not name it.
    settings = Settings(_env_file=None, data_dir=Path(directory), encoders="compact")  # type: ignore[call-arg]
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        await app.state.lifecycle.settled.wait()
        answers = {"weights": dict(settings.default_weights), **await talk(client)}
    sys.stdout.write(f"{json.dumps(answers)}\n")


if __name__ == "__main__":
    register()
    asyncio.run(main(sys.argv[1]))
