"""Writes tell what there is already like it, and GET /duplicates all of it."""

from __future__ import annotations

from tests.api.conftest import JPEG, PNG, Site, manifest, pointers, problem


async def post(site: Site, product_id: str, picture: bytes = PNG) -> dict[str, object]:
    form = {"product_id": product_id, "name": f"Shoe {product_id}"}
    files = {"image": ("a.png", picture)}
    body: dict[str, object] = (await site.client.post("/products", data=form, files=files)).json()
    return body


async def test_every_write_tells_of_the_same_picture_under_another_id(site: Site) -> None:
    first = await post(site, "a/b".replace("/", " "))
    assert first["near_duplicates"] == []
    url = f"/products/a%20b/images/{first['images'][0]['image_id']}"  # type: ignore[index]

    created = await post(site, "c")
    put = (await site.put("d")).json()
    again = await site.put("d")

    assert created["near_duplicates"] == [
        {
            "product_id": "a b",
            "name": "Shoe a b",
            "image_id": first["images"][0]["image_id"],  # type: ignore[index]
            "url": url,
            "similarity": 1.0,
            "same_bytes": True,
            "of_image_id": created["images"][0]["image_id"],  # type: ignore[index]
        }
    ]
    assert [one["product_id"] for one in put["near_duplicates"]] == ["a b", "c"]
    assert again.json()["unchanged"]
    assert again.json()["near_duplicates"] == put["near_duplicates"]


async def test_an_added_picture_tells_of_its_own_duplicates_alone(site: Site) -> None:
    await post(site, "a", PNG)
    await post(site, "b", JPEG)
    await post(site, "c", PNG + b"c")

    files = {"image": ("x.jpg", JPEG + b", saved again")}
    added = await site.client.post("/products/a/images", files=files)
    again = await site.client.post("/products/a/images", files=files)

    assert (added.status_code, again.status_code) == (201, 200)
    assert [one["product_id"] for one in added.json()["near_duplicates"]] == ["b"]
    assert not added.json()["near_duplicates"][0]["same_bytes"]
    assert again.json() == added.json()


async def test_entries_of_a_batch_tell_of_each_other(site: Site) -> None:
    entries = [{"product_id": name, "name": name, "images": ["x.png"]} for name in "abc"]
    answer = await site.client.post(
        "/products/batch",
        data=manifest(*entries, {"product_id": "d", "name": "d", "images": ["bad.png"]}),
        files=[("files", ("x.png", PNG)), ("files", ("bad.png", b"bad"))],
    )

    *written, failed = answer.json()["results"]
    told = [{one["product_id"] for one in result["near_duplicates"]} for result in written]
    assert max(map(len, told)) == 2
    assert failed["near_duplicates"] == []


async def test_the_list_has_the_catalogue_s_groups(site: Site) -> None:
    for name in ("a", "b"):
        await post(site, name)
    await post(site, "c", JPEG)
    await post(site, "d", JPEG + b", saved again")

    page = (await site.client.get("/duplicates", params={"limit": 1})).json()
    rest = (await site.client.get("/duplicates", params={"cursor": page["next_cursor"]})).json()

    (same,), (saved,) = page["items"], rest["items"]
    assert (page["total"], rest["next_cursor"]) == (2, None)
    assert (same["same_bytes"], saved["same_bytes"]) == (True, False)
    assert [image["name"] for image in same["images"]] == ["Shoe a", "Shoe b"]
    for image in saved["images"]:
        assert (await site.client.get(image["url"])).status_code == 200
        assert (await site.client.get(image["thumbnail_url"])).status_code == 200


async def test_a_wrong_cursor_is_a_problem(site: Site) -> None:
    response = await site.client.get("/duplicates", params={"cursor": "x"})
    problem(response, 422, "invalid-cursor")
    assert pointers(response) == ["/cursor"]


async def test_an_outage_is_a_503(site: Site) -> None:
    site.services.house.outage.after = 0
    problem(await site.client.get("/duplicates"), 503, "store-unavailable")
