"""The HTTP client of the commands that call a running service."""

from __future__ import annotations

import argparse

import httpx

from service.core.errors import ServiceError

REQUEST_TIMEOUT_S = 300.0


def add_address(parser: argparse.ArgumentParser) -> None:
    """Adds the options `--url` and `--api-key`."""
    parser.add_argument(
        "--url",
        default="http://127.0.0.1:8000",
        help="address of the service (default: %(default)s)",
    )
    parser.add_argument("--api-key", help="API key, if the service requires one")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_address(parser)
    parser.add_argument(
        "--concurrency",
        type=at_least_one,
        default=2,
        help="number of simultaneous requests (default: %(default)s)",
    )


def at_least_one(text: str) -> int:
    """Parses a positive number for argparse, which shows the errors to the user."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too small; give 1 or more")
    return number


def connect(arguments: argparse.Namespace) -> httpx.AsyncClient:
    headers = {"X-API-Key": arguments.api_key} if arguments.api_key else {}
    return httpx.AsyncClient(
        base_url=arguments.url, headers=headers, timeout=REQUEST_TIMEOUT_S, trust_env=False
    )


async def post(client: httpx.AsyncClient, path: str, **content: object) -> httpx.Response:
    """Returns the answer to a POST. Raises ServiceError if the service cannot be reached."""
    return await request(client, "POST", path, **content)


async def request(
    client: httpx.AsyncClient, method: str, path: str, **content: object
) -> httpx.Response:
    """Returns the answer. Raises ServiceError if the service cannot be reached."""
    try:
        return await client.request(method, path, **content)  # type: ignore[arg-type]  # `content` has httpx's keyword arguments.
    except httpx.HTTPError as exc:
        raise ServiceError(f"No answer from {client.base_url}: {exc!r}. Is it running?") from exc


def problem(response: httpx.Response) -> str:
    """Returns the detail of a problem document, or the body of any other answer."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status_code}: {response.text[:200]}"
