"""Draws the files of the sample catalogue: `python -m drawing` writes service/samples/pictures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from drawing.files import manifest, pictures
from drawing.scene import Scene, jpeg

FOLDER: Final = Path(__file__).parents[1] / "service/samples/pictures"


def main() -> None:
    """Draws every picture anew, and deletes those of products that are no more."""
    (FOLDER / "queries").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as threads:
        written = set(threads.map(_write, *zip(*pictures().items(), strict=True)))
    for old in set(FOLDER.rglob("*.jpg")) - written:
        old.unlink()
    (FOLDER / "manifest.json").write_text(manifest(), encoding="utf-8")
    print(f"{len(written)} pictures and the manifest are in {FOLDER}")


def _write(name: str, scene: Scene) -> Path:
    (FOLDER / name).write_bytes(jpeg(scene))
    return FOLDER / name


if __name__ == "__main__":
    main()
