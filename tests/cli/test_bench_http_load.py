"""The lean HTTP client, against a server that answers in pieces."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest

from quorate.cli.bench_http_load import HttpOrder, ask_for, request_of


def order(port: int, connections: int = 2) -> HttpOrder:
    return HttpOrder("127.0.0.1", port, connections, 16, 0.1, 0.0)


@pytest.mark.parametrize(("what", "serializable"), [("local", b"true"), ("linearizable", b"false")])
def test_a_read_asks_for_what_the_node_has_or_for_the_latest(
    what: Literal["local", "linearizable"], serializable: bytes
) -> None:
    request = request_of(HttpOrder("127.0.0.1", 1, 1, 16, 0.1, 0.0, what))
    assert request.startswith(b"POST /v3/kv/range HTTP/1.1")
    assert request.endswith(b'{"key":"a2V5","serializable":' + serializable + b"}")


class Server:
    """Answers each request with `answer`, head and body apart."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                middle = self.answer.index(b"\r\n\r\n") + 2
                for piece in (self.answer[:middle], self.answer[middle:]):
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def test_answers_are_put_together_and_counted() -> None:
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        found = await ask_for(order(listening.sockets[0].getsockname()[1]))
    assert found.calls == len(server.requests)
    assert found.per_second == pytest.approx((found.calls - 2) / 0.1)
    assert server.requests[0].startswith(b"POST /v3/kv/put HTTP/1.1\r\n")
    assert server.requests[0].endswith(b'{"key":"a2V5","value":"AAAAAAAAAAAAAAAAAAAAAA=="}')


async def test_a_refusal_ends_it() -> None:
    server = Server(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        with pytest.raises(RuntimeError, match="503 Busy"):
            await ask_for(order(listening.sockets[0].getsockname()[1]))


async def test_a_server_that_hangs_up_ends_it() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listening:
        with pytest.raises(RuntimeError, match="closed a connection"):
            await ask_for(order(listening.sockets[0].getsockname()[1], 1))
