"""All settings with their units and defaults, read from the environment or from `.env`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import Field, SecretStr, create_model, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.embedding.options import EmbeddingLimits, ModelOptions
from service.embedding.registry import SIGNALS

MIB = 1024 * 1024

MODEL_CHOICES = {"clip_model", "clip_text_model", "resnet50_weights"}
"""Settings that name a model. If one is set, no other model may be used instead."""

Keys = Annotated[tuple[SecretStr, ...], NoDecode]
"""The value is not decoded as JSON, which would turn the key `12345` into a number."""

Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^/\s,]+)$")]
Origins = Annotated[tuple[Origin, ...], NoDecode]


T = TypeVar("T")

WEIGHT_SETTINGS = {row.name: f"weight_{row.name}" for row in SIGNALS}
"""The names of the settings with the default weights, by signal."""


def _weight_fields() -> dict[str, Any]:
    """Returns field definitions for pydantic's `create_model`."""
    return {
        WEIGHT_SETTINGS[row.name]: (
            float,
            Field(
                row.default_weight,
                ge=0,
                allow_inf_nan=False,
                description=f"Default weight of the {row.name} signal.",
            ),
        )
        for row in SIGNALS
    }


if TYPE_CHECKING:

    class _Weights(BaseSettings): ...
else:
    _Weights = create_model("_Weights", __base__=BaseSettings, **_weight_fields())


class Settings(_Weights):
    """All settings. Their names in the environment are the field names in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port to listen on.")
    data_dir: Path = Field(Path("data"), description="Directory of the embedded stores.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log lines to write."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="auto: console on a terminal, JSON lines elsewhere."
    )
    loop_stall_s: float = Field(
        30.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds until a blocked event loop ends the process with status 1; 0: off.",
    )
    ready_at_share: float = Field(
        0.95,
        ge=0,
        le=1,
        description="Share of the products that must be in the index before /health answers 200.",
    )

    encoders: Literal["auto", "clip+resnet50", "compact"] = Field(
        "auto", description="auto: clip+resnet50 if their weights are available, otherwise compact."
    )
    clip_model: str = Field(
        "clip-ViT-B-32",
        description="Name or directory of a CLIP model in the format of (sentence-)transformers.",
    )
    clip_text_model: str | None = Field(
        None,
        description="Another model for texts, trained for the space of CLIP_MODEL, such as"
        " clip-ViT-B-32-multilingual-v1.",
    )
    resnet50_weights: str = Field(
        "IMAGENET1K_V1", description="torchvision weights name, or the path of a state-dict file."
    )
    resnet50_transforms: Literal["auto", "IMAGENET1K_V1", "IMAGENET1K_V2"] = Field(
        "auto",
        description="Preprocessing for RESNET50_WEIGHTS; auto: by the file's name, otherwise V1.",
    )
    weights_dir: Path = Field(
        Path("weights"),
        description="Directory searched before downloading weights: clip-ViT-B-32/, resnet50-*.pth",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where the models run.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Number format of the models; auto: bfloat16 if the processor supports it.",
    )

    batch_max_items: int = Field(
        8, ge=1, description="Largest number of pictures in one forward pass."
    )
    queue_max_items: int = Field(
        256,
        ge=1,
        description="Largest number of items in the queue for the models; beyond it: 503.",
    )
    queue_timeout_s: float = Field(
        30.0, gt=0, description="Longest wait in the queue, in seconds; beyond it: 503."
    )
    decode_threads: int = Field(
        0, ge=0, description="Threads that decode pictures; 0: one per processor core."
    )

    max_upload_bytes: int = Field(64 * MIB, ge=1, description="Largest request body, in bytes.")
    max_image_bytes: int = Field(20 * MIB, ge=1, description="Largest single picture, in bytes.")
    max_image_pixels: int = Field(
        100_000_000, ge=1, description="Largest picture, in pixels, checked before decoding."
    )
    max_images_per_product: int = Field(
        50, ge=1, description="Largest number of pictures of one product."
    )

    qdrant_url: str | None = Field(
        None,
        pattern=r"[^\s,]",
        description=(
            "Qdrant server, such as http://localhost:6333, or all nodes of a cluster, separated by"
            " commas; unset: the embedded engine."
        ),
    )
    qdrant_api_key: SecretStr | None = Field(None, description="API key of the Qdrant server.")
    qdrant_grpc: bool = Field(True, description="Use gRPC rather than REST to call the server.")
    qdrant_grpc_port: int = Field(6334, ge=1, le=65535, description="gRPC port of the server.")
    qdrant_timeout_s: int = Field(
        5, ge=1, description="Longest wait for an answer of the server, in seconds."
    )
    qdrant_shards: int = Field(1, ge=1, description="Shards of a new collection.")
    qdrant_replicas: int = Field(1, ge=1, description="Replicas of each shard of a new collection.")
    qdrant_write_consistency: int = Field(
        1, ge=1, description="Replicas that must store a write before it is acknowledged."
    )
    qdrant_quantization: Literal["none", "int8", "turbo4"] = Field(
        "none", description="Compression of the vectors kept in memory; scores stay exact."
    )
    collection_prefix: str = Field(
        "products",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="First part of the collection's name.",
    )
    exact_search_max_points: int = Field(
        20_000,
        ge=0,
        description="Qdrant server: a search of up to this many points compares all of them.",
    )
    blob_url: str | None = Field(
        None,
        description="s3://, gs://, az:// or file:// URL of the blob store; unset: in DATA_DIR.",
    )

    api_keys: Keys = Field(
        (), description="Comma-separated keys that may read and write; unset: no key is needed."
    )
    read_api_keys: Keys = Field(
        (), description="Comma-separated keys that may only read and search."
    )

    cors_origins: Origins = Field(
        (),
        description="Comma-separated origins, such as https://shop.example, whose pages may call"
        " from a browser; *: every origin; unset: none.",
    )
    root_path: str = Field(
        "",
        pattern=r"^((/[A-Za-z0-9._~-]+)+)?$",
        description="Path that a proxy serves the API at, such as /lookalike; unset: the root.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1",
        description="Comma-separated addresses or networks whose X-Forwarded-Prefix, -Proto and"
        " -For headers are trusted; *: all.",
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())

    @field_validator("api_keys", "read_api_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        keys = tuple(SecretStr(key.strip()) for key in value.split(",") if key.strip())
        if value and not keys:
            raise ValueError("It contains no key; leave it empty to require none.")
        return keys

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @property
    def default_weights(self) -> Mapping[str, float]:
        """The weights of the signals, by name, in searches that set no weights."""
        return {name: getattr(self, setting) for name, setting in WEIGHT_SETTINGS.items()}

    @property
    def model_options(self) -> ModelOptions:
        """The settings that select and load the models."""
        explicit = self.model_fields_set & MODEL_CHOICES
        return self._part(
            ModelOptions,
            explicit=frozenset(explicit),
            networks_dir=self.data_dir / "networks",
        )

    @property
    def embedding_limits(self) -> EmbeddingLimits:
        """The settings that limit decoding and the queue of the models."""
        return self._part(EmbeddingLimits)

    def _part(self, kind: type[T], **others: Any) -> T:
        """Returns a dataclass filled from the settings of the same names (Any: of all types)."""
        names = {field.name for field in fields(kind)} - others.keys()  # type: ignore[arg-type]
        return kind(**{name: getattr(self, name) for name in names}, **others)


def misspelt(names: Iterable[str]) -> dict[str, str]:
    """Returns the names that look like misspelt settings, with the names that were meant."""
    known = {name.upper() for name in Settings.model_fields}
    found: dict[str, str] = {}
    for name in names:
        if name.upper() in known:
            continue
        close = [right for right in known if _one_slip(name.upper(), right)]
        if not close and len(name) >= 6:
            close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.87)
        if close:
            found[name] = close[0]
    return found


def _one_slip(name: str, right: str) -> bool:
    """Tells whether `name` has one letter missing, extra or wrong, or two neighbours swapped."""
    pairs = enumerate(zip(name, right, strict=False))
    start = next((n for n, (x, y) in pairs if x != y), min(len(name), len(right)))
    a, b = name[start:], right[start:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or swapped
