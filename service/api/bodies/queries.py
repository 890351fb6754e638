"""Reads the bodies of searches into parts of a query and ranking options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request

from service.api.bodies.file_names import NamedFiles
from service.api.bodies.forms import read_multipart
from service.api.bodies.json_body import MAX_JSON_BYTES, read_json
from service.api.bodies.models import searches
from service.api.bodies.multipart import Part
from service.core.embedding import Crop
from service.core.errors import InvalidInput, Place, within
from service.core.query import ImagePart, QueryPart, Ranking, TextPart
from service.search.tokens import QueryTokens

PICTURES_HINT = " Pictures go to POST /search/image as multipart/form-data."


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """The parts of a query, and the ranking options."""

    parts: Sequence[QueryPart]
    ranking: Ranking
    return_token: bool
    places: Mapping[Place, Place] = field(default_factory=dict)
    """Maps the core's name for a place to the request's name, for places where they differ."""


async def read_image_search(
    request: Request, tokens: QueryTokens, *, file_bytes: int
) -> SearchRequest:
    """Reads the form of a search by pictures. Raises ProblemError, InvalidInput."""
    most = searches.MAX_QUERY_PARTS
    # One file beyond the limit is read, so that the message can say that it is one too many.
    form = await read_multipart(
        request,
        searches.ImageSearchForm,
        files=most + 1,
        file_bytes=file_bytes,
        text_bytes=MAX_JSON_BYTES,
        hint=" Texts, products and tokens without a picture go to POST /search as JSON.",
    )
    mixed, named = _mixed_parts(form, tokens)
    alone = _pictures_alone(form, named)
    parts, places = [*alone, *mixed], _places(len(alone), len(mixed))
    if len(parts) > most:
        raise InvalidInput(
            f"The query has {len(parts)} parts; give at most {most}.", place=("parts",)
        )
    return SearchRequest(parts, form.ranking(), form.return_token, places)


async def read_text_search(request: Request) -> SearchRequest:
    """Reads the JSON body of a search by text. Raises ProblemError."""
    body = await read_json(request, searches.TextSearch, hint=PICTURES_HINT)
    places: dict[Place, Place] = {("parts", 0, "text"): ("query",)}
    return SearchRequest([TextPart(body.query)], body.ranking(), body.return_token, places)


async def read_mixed_search(request: Request, tokens: QueryTokens) -> SearchRequest:
    """Reads the JSON body of a search without pictures. Raises ProblemError, InvalidInput."""
    body = await read_json(request, searches.MixedSearch, hint=PICTURES_HINT)
    parts = [_part(part, n, tokens) for n, part in enumerate(body.parts)]
    return SearchRequest(parts, body.ranking(), body.return_token)


def _part(part: searches.QueryPart, n: int, tokens: QueryTokens) -> QueryPart:
    with within("parts", n):
        return part.value(tokens)


def _mixed_parts(
    form: searches.ImageSearchForm, tokens: QueryTokens
) -> tuple[list[QueryPart], list[Part]]:
    """Returns the query parts of the field `parts`, and the files that they name.

    Raises InvalidInput.
    """
    parts: list[QueryPart] = []
    named: list[Part] = []
    files = NamedFiles(form.image)
    for n, part in enumerate(form.parts or ()):
        if part.image is None:
            parts.append(_part(part, n, tokens))
            continue
        with within("parts", n, "image"):
            named.append(files.find(part.image))
        parts.append(ImagePart(bytes(named[-1].data), part.weight, _crop(part.crop)))
    return parts, named


def _pictures_alone(form: searches.ImageSearchForm, named: Sequence[Part]) -> list[QueryPart]:
    """Returns the pictures that `parts` does not name, each with the weight 1.

    Raises InvalidInput if the field `crop` does not apply to exactly one picture.
    """
    alone = [file for file in form.image if not any(file is one for one in named)]
    if form.crop is not None and len(alone) != 1:
        raise InvalidInput(
            "This crop applies only if there is one picture; give each picture its own in `parts`.",
            place=("crop",),
        )
    return [ImagePart(bytes(file.data), crop=_crop(form.crop)) for file in alone]


def _places(alone: int, mixed: int) -> dict[Place, Place]:
    """Returns the request's places of the query's parts: the pictures alone come first."""
    places: dict[Place, Place] = {}
    for n in range(alone):
        places["parts", n, "crop"] = ("crop",)
        places["parts", n, "image"] = ("image", n) if alone > 1 else ("image",)
    return places | {("parts", alone + n): ("parts", n) for n in range(mixed)}


def _crop(crop: searches.Crop | None) -> Crop | None:
    return None if crop is None else Crop(**crop.model_dump())
