"""The bodies of searches, from the wire to the parts of a query and how to rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from starlette.requests import Request

from service.api.bodies import form_schemas as forms
from service.api.bodies import strict_json
from service.api.bodies.forms import Field, Form, finite_number, json_numbers, truth, whole_number
from service.api.bodies.json_body import media_type_of, read_json_object, validated
from service.api.bodies.multipart import Limits, Part, pointer, read_form
from service.api.bodies.uploads import SPARE_TEXTS, one_image
from service.api.complaints import unknown_name
from service.api.problems import FieldError, invalid_request
from service.config import Settings
from service.core.embedding import Crop
from service.core.filter import Filter
from service.core.query import ImagePart, ProductPart, QueryPart, Ranking, TextPart
from service.filters.facets import read_facets
from service.filters.parser import read_filter

RANKING_FIELDS: Mapping[str, Field] = {
    "limit": Field("text"),
    "offset": Field("text"),
    "weights": Field("text"),
    "min_score": Field("text"),
    "explain": Field("text"),
    "overlay": Field("text"),
    "filter": Field("text"),
    "facets": Field("text"),
}
IMAGE_SEARCH_FIELDS: Mapping[str, Field] = {
    "image": Field("file", required=True),
    **RANKING_FIELDS,
    "crop": Field("text"),
}
MIXED_SEARCH_FIELDS: Mapping[str, Field] = {
    "query": Field("text", required=True),
    **RANKING_FIELDS,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What to search for, and how to rank what is found."""

    parts: Sequence[QueryPart]
    ranking: Ranking


async def read_image_search(request: Request, settings: Settings) -> SearchRequest:
    """The form of a search by picture. Raises ProblemError."""
    form = Form(await read_form(request, one_image(settings)), IMAGE_SEARCH_FIELDS)
    ranking = _form_ranking(form)
    crop = form.read("crop", _crop, None)
    form.check()
    return SearchRequest([ImagePart(form.files("image")[0], crop=crop)], ranking)


async def read_text_search(request: Request) -> SearchRequest:
    """The JSON body of a search by text. Raises ProblemError."""
    body = validated(forms.TextSearch, await read_json_object(request))
    return SearchRequest([TextPart(body.query, pointer="/query")], _ranking(body))


async def read_mixed_search(request: Request, settings: Settings) -> SearchRequest:
    """The general search: JSON, or a form where pictures come with it. Raises ProblemError."""
    if media_type_of(request) != "multipart/form-data":
        body = validated(forms.MixedSearch, await read_json_object(request))
        return SearchRequest(_parts(body.query, {}), _ranking(body))
    limits = Limits(
        files=forms.MAX_QUERY_PARTS, texts=SPARE_TEXTS, file_bytes=settings.max_image_bytes
    )
    given = await read_form(request, limits)
    pictures = _pictures(given)
    form = Form([part for part in given if part.name not in pictures], MIXED_SEARCH_FIELDS)
    ranking = _form_ranking(form)
    none: list[forms.QueryPart] = []
    query = form.read("query", _query, none)
    form.check()
    return SearchRequest(_parts(query, pictures), ranking)


def _form_ranking(form: Form) -> Ranking:
    default = Ranking()
    return Ranking(
        limit=form.read("limit", _limit, default.limit),
        offset=form.read("offset", _offset, default.offset),
        weights=form.read("weights", read_weights, None),
        min_score=form.read("min_score", _min_score, None),
        explain=form.read("explain", partial(truth, at="/explain"), default.explain),
        overlay=form.read("overlay", partial(truth, at="/overlay"), default.overlay),
        filter=form.read("filter", filter_of_text, None),
        facets=form.read("facets", facets_of_text, None),
    )


def _ranking(body: forms.RankingBody) -> Ranking:
    return Ranking(
        limit=body.limit,
        offset=body.offset,
        weights=body.weights,
        min_score=body.min_score,
        explain=body.explain,
        overlay=body.overlay,
        filter=None if body.filter is None else read_filter(body.filter),
        facets=None if body.facets is None else read_facets(body.facets),
    )


def _pictures(given: Sequence[Part]) -> dict[str, bytes]:
    """The files by their fields' names. Raises a ProblemError where a name is there twice."""
    pictures: dict[str, bytes] = {}
    for part in given:
        if part.is_file and part.name not in MIXED_SEARCH_FIELDS:
            if part.name in pictures:
                complaint = f"The file {part.name!r} is there twice; give each its own name."
                raise invalid_request(FieldError(pointer(part.name), complaint))
            pictures[part.name] = bytes(part.data)
    return pictures


def _parts(query: Sequence[forms.QueryPart], pictures: Mapping[str, bytes]) -> list[QueryPart]:
    parts = [_part(one, pictures, f"/query/{n}") for n, one in enumerate(query)]
    for name in pictures.keys() - {one.image for one in query}:
        complaint = f"No part of the query names the file {name!r} as its `image`."
        raise invalid_request(FieldError(pointer(name), complaint))
    return parts


def _part(part: forms.QueryPart, pictures: Mapping[str, bytes], at: str) -> QueryPart:
    given = [kind for kind in ("image", "text", "product_id") if getattr(part, kind) is not None]
    if len(given) != 1:
        complaint = "A part is one of image, text or product_id; give just one of them."
        raise invalid_request(FieldError(at, complaint))
    if part.crop is not None and part.image is None:
        raise invalid_request(FieldError(f"{at}/crop", "Only an image can be cropped."))
    if part.text is not None:
        return TextPart(part.text, part.weight, f"{at}/text")
    if part.product_id is not None:
        return ProductPart(part.product_id, part.weight, at)
    picture = pictures.get(part.image or "")
    if picture is None:
        names = ", ".join(name[:64] for name in pictures)
        there = f"there are {names}" if names else "send it as multipart/form-data"
        complaint = f"There is no file in the field {(part.image or '')[:64]!r}; {there}."
        raise invalid_request(FieldError(f"{at}/image", complaint))
    crop = None if part.crop is None else Crop(**part.crop.model_dump())
    return ImagePart(picture, part.weight, crop, at)


def _query(text: str) -> list[forms.QueryPart]:
    # As the field of an object, so that pointers begin with its name.
    value = {"query": strict_json.parse(text, at="/query")}
    return validated(forms.QueryParts, value).query


def _limit(text: str) -> int:
    return whole_number(text, at="/limit", least=1, most=forms.MAX_LIMIT)


def _offset(text: str) -> int:
    return whole_number(text, at="/offset", least=0, most=forms.MAX_OFFSET)


def read_weights(text: str) -> Mapping[str, float] | None:
    """Weights by signal, from JSON. Raises a 422 ProblemError."""
    return json_numbers(text, at="/weights")


def filter_of_text(text: str) -> Filter:
    """A filter, from JSON. Raises InvalidFilter or a 422 ProblemError."""
    return read_filter(strict_json.parse(text, at="/filter"))


def facets_of_text(text: str) -> tuple[str, ...]:
    """The attributes to count, from JSON. Raises InvalidInput or a 422 ProblemError."""
    return read_facets(strict_json.parse(text, at="/facets"))


def _min_score(text: str) -> float | None:
    return finite_number(text, at="/min_score")


def _crop(text: str) -> Crop | None:
    numbers = json_numbers(text, at="/crop")
    sides = ("x", "y", "width", "height")
    wrong = [
        FieldError(f"/crop{pointer(name)}", unknown_name("side", name, sides))
        for name in numbers
        if name not in sides
    ]
    wrong += [
        FieldError(f"/crop/{side}", f"The crop has no {side}; give x, y, width and height.")
        for side in sides
        if side not in numbers
    ]
    if wrong:
        raise invalid_request(*wrong)
    return Crop(**numbers)
