"""A lean HTTP/1.1 client for benchmarks: each connection has one request open at a time. Run as a process of its own.

python -m quorate.cli.bench_http_load ORDER      (ORDER: an `HttpOrder` as JSON)
"""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from math import inf
from time import perf_counter
from typing import Literal, cast

import msgspec

from quorate.cli.bench_buckets import sample
from quorate.cli.bench_load import Window
from quorate.cli.bench_member import loop_factory
from quorate.cli.bench_results import Sample


class HttpOrder(msgspec.Struct, frozen=True):
    """Whom to ask, with how many connections, for how long. `what`: put a key; read it, `local`ly or the latest (`linearizable`)."""

    host: str
    port: int
    connections: int
    size_bytes: int
    seconds: float
    warm_up_s: float
    what: Literal["put", "local", "linearizable"] = "put"


class Connection(asyncio.Protocol):
    """Sends the same request again as soon as the answer to the last one is complete. `over` has the error, if there was one."""

    def __init__(self, request: bytes, latencies: list[float]) -> None:
        self._request = request
        self._window = Window(0.0, inf)
        self._latencies = latencies
        self._buffer = b""
        self._sent_at = 0.0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready for `begin`."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none, but is like one

    def begin(self, window: Window) -> None:
        """From now on one request after the other."""
        self._window = window
        self._send()

    def _send(self) -> None:
        self._sent_at = perf_counter()
        if self._sent_at >= self._window.end:
            self._transport.close()
        else:
            self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """An answer is complete when its Content-Length has come."""
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(self._buffer.decode(errors="replace"))
            return
        self._buffer = b""
        ended = perf_counter()
        if ended >= self._window.begin:
            self._latencies.append(ended - self._sent_at)
        self._send()

    def _fail(self, why: str) -> None:
        if not self.over.done():
            self.over.set_exception(RuntimeError(why))
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over, or cut off."""
        if perf_counter() < self._window.end:
            self._fail(f"the server closed a connection: {exc}")
        elif not self.over.done():
            self.over.set_result(None)


def request_of(order: HttpOrder) -> bytes:
    """The bytes of what the order wants."""
    fields: dict[str, str | bool] = {"key": b64encode(b"key").decode()}
    if order.what == "put":
        fields["value"] = b64encode(bytes(order.size_bytes)).decode()
    else:
        fields["serializable"] = order.what == "local"
    body = msgspec.json.encode(fields)
    head = (
        f"POST /v3/kv/{'put' if order.what == 'put' else 'range'} HTTP/1.1\r\nHost: {order.host}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def ask_for(order: HttpOrder) -> Sample:
    """One request again and again, for as long as the order says."""
    request = request_of(order)
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(order.connections):
        _, connection = await loop.create_connection(lambda: Connection(request, latencies), order.host, order.port)
        connections.append(connection)
    begin = perf_counter() + order.warm_up_s
    for connection in connections:
        connection.begin(Window(begin, begin + order.seconds))
    await asyncio.gather(*(connection.over for connection in connections))
    # Each connection's last call ended outside of the window, and no other did.
    return sample(latencies, (len(latencies) - order.connections) / order.seconds)


def main() -> None:
    """The process."""
    order = msgspec.json.decode(sys.argv[1], type=HttpOrder)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        print(msgspec.json.encode(runner.run(ask_for(order))).decode())


if __name__ == "__main__":
    main()
