"""The calls on products."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.api import serializers
from service.api.bodies.forms import read_multipart, read_query
from service.api.bodies.json_body import read_json
from service.api.bodies.models.products import PageQuery, ProductForm, ProductPatch, ProductsQuery
from service.api.dependencies import (
    CatalogueDep,
    DuplicatesDep,
    Limits,
    LimitsDep,
    ProductIdDep,
    RootDep,
)
from service.api.openapi import described, json_body, multipart_body
from service.api.preconditions import (
    IfMatchDep,
    IfNoneMatch,
    IfNoneMatchDep,
    etag,
    etag_matches,
)
from service.api.problems import FieldError, invalid_request, translated_places
from service.api.schemas import products as out
from service.core.errors import Place

router = APIRouter(tags=["products"])

PATCH_TYPES = ("application/json", "application/merge-patch+json")
PLACES: dict[Place, Place] = {("images",): ("image",)}


@router.post(
    "/products",
    operation_id="createProduct",
    status_code=201,
    **described(409, 413, 415, body=multipart_body(ProductForm), etag=(201,)),
)
async def create_product(
    request: Request, response: Response, catalogue: CatalogueDep, limits: LimitsDep, root: RootDep
) -> out.ProductCreated:
    """Create a product with its pictures. Without `product_id`, the service chooses an id."""
    form = await _read_form(request, limits)
    with translated_places(PLACES):
        written = await catalogue.create(form.product_id, form.fields(), form.pictures())
    response.headers["Location"] = serializers.product_url(root, written.product.product_id)
    response.headers["ETag"] = etag(written.product)
    return serializers.product_created(root, written)


@router.put(
    "/products/{product_id}",
    operation_id="putProduct",
    **described(
        409,
        412,
        413,
        415,
        body=multipart_body(ProductForm),
        also={201: (out.ProductWritten, "The product was created.")},
        etag=(200, 201),
    ),
)
async def put_product(
    request: Request,
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogueDep,
    limits: LimitsDep,
    root: RootDep,
    if_match: IfMatchDep,
    if_none_match: IfNoneMatchDep,
) -> out.ProductWritten:
    """Create or replace a product. If nothing differs, the answer is `unchanged`."""
    form = await _read_form(request, limits)
    if form.product_id not in {None, product_id}:
        raise invalid_request(
            FieldError("/product_id", "This differs from the id in the address; leave it out here.")
        )
    with translated_places(PLACES):
        written = await catalogue.replace(
            product_id,
            form.fields(),
            form.pictures(),
            if_match=if_match,
            if_none_match=if_none_match,
        )
    response.headers["ETag"] = etag(written.product)
    if written.status == "created":
        response.status_code = 201
        response.headers["Location"] = serializers.product_url(root, product_id)
    return serializers.product_written(root, written)


@router.patch(
    "/products/{product_id}",
    operation_id="patchProduct",
    **described(404, 409, 412, 413, 415, body=json_body(ProductPatch), etag=(200,)),
)
async def patch_product(
    request: Request,
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogueDep,
    root: RootDep,
    if_match: IfMatchDep,
) -> out.Product:
    """Change the name, description or attributes by a JSON merge patch (RFC 7396)."""
    patch = await read_json(request, ProductPatch, PATCH_TYPES)
    merge = {name: getattr(patch, name) for name in patch.model_fields_set}
    product = await catalogue.patch(product_id, merge, if_match=if_match)
    response.headers["ETag"] = etag(product)
    return serializers.product_out(root, product)


@router.get(
    "/products/{product_id}",
    operation_id="getProduct",
    response_model=out.Product,
    **described(404, etag=(200, 304)),
)
async def get_product(
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogueDep,
    root: RootDep,
    if_none_match: IfNoneMatch = None,
) -> out.Product | Response:
    """Return a product with its pictures."""
    product = await catalogue.get(product_id)
    response.headers["ETag"] = etag(product)
    if etag_matches(if_none_match, etag(product)):
        return Response(status_code=304, headers={"ETag": etag(product)})
    return serializers.product_out(root, product)


@router.get(
    "/products",
    operation_id="listProducts",
    response_model_exclude_unset=True,
    **described(query=ProductsQuery),
)
async def list_products(
    request: Request, catalogue: CatalogueDep, root: RootDep
) -> out.ProductPage:
    """List the products, newest first or by id."""
    asked = read_query(request, ProductsQuery)
    page = await catalogue.page(**{name: getattr(asked, name) for name in type(asked).model_fields})
    return serializers.product_page(root, page)


@router.get("/attributes", operation_id="listAttributes", **described())
async def list_attributes(catalogue: CatalogueDep) -> out.AttributeList:
    """List the attributes of all products, and the types of their values."""
    return serializers.attribute_list(await catalogue.attributes())


@router.get("/duplicates", operation_id="listDuplicates", **described(query=PageQuery))
async def list_duplicates(
    request: Request, duplicates: DuplicatesDep, root: RootDep
) -> out.DuplicatePage:
    """List groups of identical or nearly identical pictures of different products."""
    asked = read_query(request, PageQuery)
    page = await duplicates.page(limit=asked.limit, cursor=asked.cursor)
    return serializers.duplicate_page(root, page)


@router.delete(
    "/products/{product_id}",
    operation_id="deleteProduct",
    status_code=204,
    **described(404, 409, 412),
)
async def delete_product(
    product_id: ProductIdDep, catalogue: CatalogueDep, if_match: IfMatchDep
) -> None:
    """Delete a product, its vectors and its stored pictures."""
    await catalogue.delete(product_id, if_match=if_match)


async def _read_form(request: Request, limits: Limits) -> ProductForm:
    return await read_multipart(
        request, ProductForm, files=limits.images_per_product, file_bytes=limits.image_bytes
    )
