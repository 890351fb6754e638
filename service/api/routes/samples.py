"""The calls on the sample catalogue."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Response

from service.api import serializers
from service.api.dependencies import LimitsDep, RootDep, SamplesDep
from service.api.openapi import described
from service.api.preconditions import IfNoneMatch, cache_headers, etag_matches
from service.api.schemas.operations import Samples, SamplesDeleted, SamplesLoaded

router = APIRouter(tags=["samples"])


@router.get("/samples", operation_id="listSamples", **described())
async def list_samples(samples: SamplesDep, root: RootDep) -> Samples:
    """Return the number of sample products, and pictures to search with."""
    return serializers.samples_out(root, samples)


@router.post("/samples", operation_id="loadSamples", **described())
async def load_samples(samples: SamplesDep) -> SamplesLoaded:
    """Store the sample products: shop goods in many colours, with drawn pictures.

    Sample products that are already stored and unchanged are skipped, so that a repeated call
    continues an interrupted one. The call takes from a few seconds to a minute.
    """
    return SamplesLoaded.of(await samples.load())


@router.delete("/samples", operation_id="deleteSamples", **described())
async def delete_samples(samples: SamplesDep) -> SamplesDeleted:
    """Delete the sample products, and no other products."""
    return SamplesDeleted(deleted=await samples.remove())


@router.get(
    "/samples/{name}.jpg",
    operation_id="getSamplePicture",
    response_class=Response,
    **described(404, image=True),
)
async def get_sample_picture(
    name: Annotated[
        str, Path(description="A name that GET /samples lists.", max_length=64, examples=["query"])
    ],
    samples: SamplesDep,
    limits: LimitsDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a picture to search with, which no product of the catalogue has."""
    picture = await samples.query_picture(name)
    etag = f'"{hashlib.sha256(picture).hexdigest()}"'
    headers = cache_headers(etag, private=limits.private, immutable=False)
    if etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type="image/jpeg", headers=headers)
