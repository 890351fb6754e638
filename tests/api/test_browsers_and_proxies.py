"""Pages of other origins, paths below a proxy's prefix, and compressed answers."""

from __future__ import annotations

import httpx
import pytest
from pydantic import ValidationError

from tests.api.conftest import PNG, Site, problem, running, settings

SHOP = "https://shop.example"
FORM = {"name": "Shoe"}
PICTURE = [("image", ("a.png", PNG))]


class TestOrigins:
    async def test_none_is_allowed_by_default(self, site: Site) -> None:
        response = await site.client.get("/products", headers={"Origin": SHOP})

        assert response.status_code == 200
        assert "access-control-allow-origin" not in response.headers

    async def test_a_page_of_an_allowed_origin_may_call(self) -> None:
        async with running(cors_origins=f"{SHOP}, http://localhost:5173/") as site:
            asked = {
                "Origin": SHOP,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "authorization, if-match, if-none-match",
            }
            preflight = await site.client.options("/products/a", headers=asked)
            written = await site.client.put(
                "/products/a",
                data=FORM,
                files=PICTURE,
                headers={"Origin": SHOP, "Sec-Fetch-Site": "cross-site"},
            )
            missing = await site.client.get("/products/b", headers={"Origin": SHOP})
            other = await site.client.get("/products", headers={"Origin": "https://evil.example"})

        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == SHOP
        assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
        assert written.status_code == 201
        exposed = written.headers["access-control-expose-headers"].split(", ")
        assert {"ETag", "Location", "Retry-After", "X-Request-ID"} <= set(exposed)
        assert missing.headers["access-control-allow-origin"] == SHOP
        assert "access-control-allow-origin" not in other.headers

    async def test_a_preflight_needs_no_key(self) -> None:
        async with running(cors_origins=SHOP, api_keys="k") as site:
            asked = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}
            preflight = await site.client.options("/products", headers=asked)
            refused = await site.client.get("/products", headers={"Origin": SHOP})

        assert preflight.status_code == 200
        problem(refused, 401, "unauthorized")
        assert refused.headers["access-control-allow-origin"] == SHOP

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": SHOP},
            {"Origin": "null"},
            {"Origin": "http://["},
            {"Origin": "http://test]"},
            {"Origin": "http://test:81"},
            {"Origin": SHOP, "Sec-Fetch-Site": "cross-site"},
            {"Origin": SHOP, "Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site"},
        ],
    )
    async def test_a_write_from_another_origin_is_refused_where_there_are_no_keys(
        self, site: Site, headers: dict[str, str]
    ) -> None:
        url = "/products/a"
        write = await site.client.put(url, data=FORM, files=PICTURE, headers=headers)
        samples = await site.client.delete("/samples", headers=headers)
        search = await site.client.post("/search/text", json={"query": "a"}, headers=headers)

        problem(write, 403, "foreign-origin")
        assert "origin" in write.json()["title"]
        assert "CORS_ORIGINS" in write.json()["detail"]
        assert samples.status_code == 403
        assert search.status_code == 200
        assert (await site.client.get(url)).status_code == 404

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "http://test"},
            {"Origin": "http://test", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
        ],
    )
    async def test_the_own_page_and_other_programs_may_write(
        self, site: Site, headers: dict[str, str]
    ) -> None:
        write = await site.client.put("/products/a", data=FORM, files=PICTURE, headers=headers)

        assert write.status_code == 201

    async def test_with_a_key_the_origin_does_not_matter(self) -> None:
        async with running(api_keys="k") as site:
            headers = {"Origin": SHOP, "Sec-Fetch-Site": "cross-site", "X-API-Key": "k"}
            write = await site.client.put("/products/a", data=FORM, files=PICTURE, headers=headers)

        assert write.status_code == 201

    @pytest.mark.parametrize("wrong", ["shop.example", "https://shop.example/path", "ftp://a"])
    def test_what_is_no_origin_is_refused_at_the_start(self, wrong: str) -> None:
        with pytest.raises(ValidationError):
            settings(cors_origins=wrong)


class TestPrefixes:
    async def write(
        self, site: Site, path: str, *, peer: str = "127.0.0.1", prefix: str | None = None
    ) -> httpx.Response:
        headers = {} if prefix is None else {"X-Forwarded-Prefix": prefix}
        transport = httpx.ASGITransport(site.app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, data=FORM, files=PICTURE, headers=headers)

    @pytest.mark.parametrize("path", ["/products", "/shop/products"])
    async def test_the_configured_path_is_in_every_address(self, path: str) -> None:
        async with running(root_path="/shop") as site:
            response = await self.write(site, path)
            image = response.json()["images"][0]
            found = await site.client.get(image["thumbnail_url"])
            document = await site.client.get("/openapi.json")

        assert response.headers["location"].startswith("/shop/products/")
        assert image["url"].startswith(response.headers["location"] + "/images/")
        assert found.status_code == 200
        assert document.json()["servers"] == [{"url": "/shop", "description": "This service."}]

    async def test_a_trusted_proxy_s_prefix_is_followed(self, site: Site) -> None:
        response = await self.write(site, "/products", prefix="/a/b/")

        assert response.headers["location"].startswith("/a/b/products/")

    @pytest.mark.parametrize("prefix", ["no-slash", "//evil.example", "/a b", '/a"b', "/"])
    async def test_a_prefix_that_is_none_is_not(self, site: Site, prefix: str) -> None:
        response = await self.write(site, "/products", prefix=prefix)

        assert response.headers["location"].startswith("/products/")

    async def test_nobody_else_s_prefix_is_followed(self, site: Site) -> None:
        response = await self.write(site, "/products", peer="203.0.113.9", prefix="/evil")

        assert response.headers["location"].startswith("/products/")

    async def test_keys_are_asked_for_below_a_prefix_too(self) -> None:
        async with running(root_path="/shop", api_keys="k") as site:
            assert (await site.client.get("/shop/health")).status_code == 200
            problem(await site.client.get("/shop/products"), 401, "unauthorized")


class TestCompression:
    async def test_long_json_is_compressed_and_pictures_are_not(self, site: Site) -> None:
        image = (await site.put("a", description="x" * 5000)).json()["images"][0]
        site.client.headers["Accept-Encoding"] = "gzip"
        product = await site.client.get("/products/a")
        picture = await site.client.get(image["url"])
        live = await site.client.get("/health/live")

        assert product.headers["content-encoding"] == "gzip"
        assert product.json()["description"] == "x" * 5000
        assert "content-encoding" not in picture.headers
        assert "content-encoding" not in live.headers

    async def test_nothing_is_compressed_for_who_does_not_ask(self, site: Site) -> None:
        await site.put("a", description="x" * 5000)
        headers = {"Accept-Encoding": "identity"}
        response = await site.client.get("/products/a", headers=headers)

        assert "content-encoding" not in response.headers
