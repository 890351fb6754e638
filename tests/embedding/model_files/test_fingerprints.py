"""Models are told apart by what is in their files."""

from __future__ import annotations

import shutil
from pathlib import Path

from service.embedding.model_files.fingerprints import fingerprint, hash_files, model_files


def test_one_of_two_weight_formats_counts(clip_directory: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    shutil.copytree(clip_directory, both)
    (both / "0_CLIPModel" / "pytorch_model.bin").write_bytes(b"the same weights, pickled")
    (both / ".cache").mkdir()
    (both / ".cache" / "download.json").write_text("{}")
    hashes = [hash_files(model_files(one), root=one) for one in (clip_directory, both)]
    assert hashes[0] == hashes[1]


def test_every_part_of_a_fingerprint_counts() -> None:
    base = ("clip", {"weights": "a"}, "1", 512)
    others = [
        ("clop", {"weights": "a"}, "1", 512),
        ("clip", {"weights": "b"}, "1", 512),
        ("clip", {"weights": "a"}, "2", 512),
        ("clip", {"weights": "a"}, "1", 768),
    ]
    fingerprints = {fingerprint(*facts) for facts in [base, *others]}
    assert len(fingerprints) == 5
    assert all(len(found) == 64 for found in fingerprints)
    assert fingerprint(*base) in fingerprints
