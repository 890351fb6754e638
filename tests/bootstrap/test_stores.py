"""How the stores that the settings name are opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.bootstrap.stores import open_blobs
from service.config import Settings
from service.core.errors import SetupError

NO_DOTENV = {"_env_file": None}


async def test_an_index_without_its_blobs_is_an_error_and_no_empty_catalogue(
    tmp_path: Path,
) -> None:
    (tmp_path / "vectors" / "collection").mkdir(parents=True)

    with pytest.raises(SetupError, match="blobs is missing"):
        async with open_blobs(Settings(data_dir=tmp_path, **NO_DOTENV), report_progress=print):
            pass

    assert not (tmp_path / "blobs").exists()


async def test_a_new_directory_begins_empty(tmp_path: Path) -> None:
    async with open_blobs(Settings(data_dir=tmp_path, **NO_DOTENV), report_progress=print) as blobs:
        assert [key async for key in blobs.list("products/")] == []


async def test_credentials_may_be_in_the_dotenv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\nOTHER=c\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")  # so that what is set is undone at the end
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the environment")
    # An index elsewhere, so that no lease is asked for in the bucket.
    settings = Settings(
        data_dir=tmp_path, blob_url="s3://pictures", qdrant_url="http://127.0.0.1:9", **NO_DOTENV
    )

    async with open_blobs(settings, report_progress=print):
        assert os.environ["AWS_ACCESS_KEY_ID"] == "a"
        assert os.environ["AWS_SECRET_ACCESS_KEY"] == "of the environment"
        assert "OTHER" not in os.environ
