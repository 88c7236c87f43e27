"""Options that several commands share, and the client they lead to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from quorate.client.client import Client
from quorate.core.errors import ConfigError

T = TypeVar("T")

ENDPOINTS_VARIABLE = "QUORATE_ENDPOINTS"
DEFAULT_ENDPOINTS = ("http://127.0.0.1:7001", "http://127.0.0.1:7002", "http://127.0.0.1:7003")

EndpointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        "-e",
        metavar="URL",
        help="A server to ask; repeat it for more. "
        f"Default: ${ENDPOINTS_VARIABLE} (separated by commas), or the first three ports of `quorate up`.",
    ),
]
TimeoutOption = Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="Limit for the whole command.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
HexOption = Annotated[bool, typer.Option("--hex", help="Keys and values are written in hexadecimal.")]
Base64Option = Annotated[bool, typer.Option("--base64", help="Keys and values are written in base64.")]


def endpoints_of(given: list[str] | None) -> list[str]:
    """What was given, or what the environment says, or the ports of `quorate up`."""
    listed = given or [os.environ.get(ENDPOINTS_VARIABLE, "")]
    endpoints = [part.strip() for text in listed for part in text.split(",") if part.strip()]
    return endpoints or list(DEFAULT_ENDPOINTS)


def with_client(endpoints: list[str] | None, timeout_s: float, call: Callable[[Client], Awaitable[T]]) -> T:
    """Run one call on a client of its own."""
    if not 0 < timeout_s <= 600:
        raise ConfigError(f"--timeout {timeout_s:g} is not from above 0 to 600 seconds")

    async def run() -> T:
        async with Client(endpoints_of(endpoints), timeout_s=timeout_s) as client:
            return await call(client)

    return asyncio.run(run())
