"""Names the files of the compact encoders' weights, and hashes them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open

from service.core.errors import WeightsUnavailable
from service.embedding.compact.preprocessing import PREPROCESSING_VERSION

WEIGHTS_DIRECTORY: Final = Path(__file__).parent / "weights"
SEMANTIC_WEIGHTS: Final = "semantic.safetensors"
VISUAL_WEIGHTS: Final = "visual.safetensors"
VOCABULARY: Final = "vocabulary.json"


def fingerprint_of(paths: Sequence[Path]) -> str:
    """SHA-256, in hex, over the files' bytes in order and the preprocessing's version."""
    digest = hashlib.sha256(PREPROCESSING_VERSION.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def metadata_of(path: Path) -> dict[str, str]:
    """The text fields of a safetensors file; raises WeightsUnavailable if it is unreadable."""
    try:
        with safe_open(path, framework="np") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise WeightsUnavailable(
            f"The compact encoders' file {path} is missing or damaged; "
            "restore it from the repository."
        ) from error
