"""The calls on products."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.api import schemas
from service.api import serializers as views
from service.api.bodies import form_schemas as forms
from service.api.bodies import queries
from service.api.bodies.json_body import read_json_object
from service.api.bodies.uploads import read_product
from service.api.dependencies import (
    CatalogDep,
    Cursor,
    DuplicatesDep,
    FacetsQuery,
    FilterQuery,
    ProductIdDep,
    RootDep,
    SettingsDep,
)
from service.api.openapi import described, json_body, multipart_body
from service.api.preconditions import IfMatchDep, IfNoneMatch, etag, etag_matches
from service.api.problems import FieldError, invalid_request
from service.catalogue.cursors import Order

router = APIRouter(tags=["products"])

PATCH_TYPES = ("application/merge-patch+json", "application/json")


@router.post(
    "/products",
    operation_id="createProduct",
    status_code=201,
    **described(409, 413, 415, body=multipart_body(forms.ProductForm), etag=(201,)),
)
async def create_product(
    request: Request,
    response: Response,
    catalogue: CatalogDep,
    duplicates: DuplicatesDep,
    settings: SettingsDep,
    root: RootDep,
) -> schemas.ProductCreated:
    """Create a product with its pictures. Leave `product_id` out to have one made."""
    upload = await read_product(request, settings)
    await duplicates.prepare()
    product = await catalogue.create(upload.product_id, upload.fields, upload.images)
    response.headers["Location"] = views.product_url(root, product.product_id)
    response.headers["ETag"] = etag(product)
    return views.product_created(root, product, await duplicates.of(product))


@router.put(
    "/products/{product_id}",
    operation_id="putProduct",
    **described(
        409,
        412,
        413,
        415,
        body=multipart_body(forms.ProductForm),
        also={201: (schemas.ProductWritten, "The product was created.")},
        etag=(200, 201),
    ),
)
async def put_product(
    request: Request,
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogDep,
    duplicates: DuplicatesDep,
    settings: SettingsDep,
    root: RootDep,
    if_match: IfMatchDep,
) -> schemas.ProductWritten:
    """Create or replace a product. The same again does no work and answers `unchanged`."""
    upload = await read_product(request, settings)
    if upload.product_id not in {None, product_id}:
        raise invalid_request(
            FieldError("/product_id", "This is not the id in the address; leave it out here.")
        )
    await duplicates.prepare()
    written = await catalogue.replace(product_id, upload.fields, upload.images, if_match=if_match)
    response.headers["ETag"] = etag(written.product)
    if written.status == "created":
        response.status_code = 201
        response.headers["Location"] = views.product_url(root, product_id)
    near = await duplicates.of(written.product)
    unchanged = written.status == "unchanged"
    return views.product_written(root, written.product, near, unchanged=unchanged)


@router.patch(
    "/products/{product_id}",
    operation_id="patchProduct",
    **described(
        404, 409, 412, 413, 415, body=json_body(forms.ProductPatch, PATCH_TYPES), etag=(200,)
    ),
)
async def patch_product(
    request: Request,
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogDep,
    root: RootDep,
    if_match: IfMatchDep,
) -> schemas.Product:
    """Change name, description or attributes by a JSON merge patch (RFC 7396)."""
    merge = await read_json_object(request, PATCH_TYPES)
    product = await catalogue.patch(product_id, merge, if_match=if_match)
    response.headers["ETag"] = etag(product)
    return views.product_out(root, product)


@router.get(
    "/products/{product_id}",
    operation_id="getProduct",
    response_model=schemas.Product,
    **described(404, etag=(200, 304)),
)
async def get_product(
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogDep,
    root: RootDep,
    if_none_match: IfNoneMatch = None,
) -> schemas.Product | Response:
    """One product with its images."""
    product = await catalogue.get(product_id)
    response.headers["ETag"] = etag(product)
    if etag_matches(if_none_match, etag(product)):
        return Response(status_code=304, headers={"ETag": etag(product)})
    return views.product_out(root, product)


@router.get(
    "/products",
    operation_id="listProducts",
    response_model_exclude_unset=True,
    **described(),
)
async def list_products(
    catalogue: CatalogDep,
    root: RootDep,
    limit: Annotated[int, Query(ge=1, le=100, description="Most products on a page.")] = 20,
    cursor: Cursor = None,
    order: Annotated[Order, Query(description="Newest first, or by product id.")] = "newest",
    filter: FilterQuery = None,
    facets: FacetsQuery = None,
) -> schemas.ProductPage:
    """Products, newest first or by id."""
    page = await catalogue.page(
        order=order,
        limit=limit,
        cursor=cursor,
        filter=None if filter is None else queries.filter_of_text(filter),
        facets=None if facets is None else queries.facets_of_text(facets),
    )
    return views.product_page(root, page)


@router.get("/attributes", operation_id="listAttributes", **described())
async def list_attributes(catalogue: CatalogDep) -> schemas.AttributeList:
    """The attributes that products have, and the types of their values."""
    return views.attribute_list(await catalogue.attributes())


@router.get("/duplicates", operation_id="listDuplicates", **described())
async def list_duplicates(
    duplicates: DuplicatesDep,
    root: RootDep,
    limit: Annotated[int, Query(ge=1, le=100, description="Most groups on a page.")] = 20,
    cursor: Cursor = None,
) -> schemas.DuplicatePage:
    """Pictures that are the same, or nearly, under different products, in groups."""
    return views.duplicate_page(root, await duplicates.page(limit=limit, cursor=cursor))


@router.delete(
    "/products/{product_id}",
    operation_id="deleteProduct",
    status_code=204,
    **described(404, 409, 412),
)
async def delete_product(
    product_id: ProductIdDep, catalogue: CatalogDep, if_match: IfMatchDep
) -> None:
    """Delete a product, its vectors and its stored images."""
    await catalogue.delete(product_id, if_match=if_match)
