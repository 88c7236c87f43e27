"""A lean HTTP/1.1 load generator: each connection has one request open at a time. Spoken to by `observers.py`.

python benchmarks/http_load.py HOST PORT CONNECTIONS SECONDS SIZE [put|local|linearizable]
"""

import asyncio
import base64
import json
import sys
import time
from typing import cast

import uvloop


class Connection(asyncio.Protocol):
    """Sends the same request again as soon as the answer to the last one is complete."""

    def __init__(self, request: bytes, latencies: list[float], end: float) -> None:
        self._request = request
        self._latencies = latencies
        self._end = end
        self._buffer = b""
        self._sent_at = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none, but is like one
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        if self._sent_at >= self._end:
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
            raise RuntimeError(self._buffer.decode(errors="replace"))
        self._buffer = b""
        self._latencies.append(time.perf_counter() - self._sent_at)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over."""
        if not self.closed.done():
            self.closed.set_result(None)


def request_of(host: str, size: int, what: str) -> bytes:
    """A put of a value of `size` bytes, or a read of that key: of what the node has itself, or of the latest."""
    fields: dict[str, str | bool] = {"key": base64.b64encode(b"key").decode()}
    if what == "put":
        fields["value"] = base64.b64encode(bytes(size)).decode()
    else:
        fields["serializable"] = what == "local"
    path, body = "put" if what == "put" else "range", json.dumps(fields)
    head = f"POST /v3/kv/{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


async def main(host: str, port: int, connections: int, seconds: float, size: int, what: str = "put") -> None:
    """Ask for `seconds`, and print what came of it."""
    request = request_of(host, size, what)
    latencies: list[float] = []
    begin = time.perf_counter()
    loop = asyncio.get_running_loop()
    protocols = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(lambda: Connection(request, latencies, begin + seconds), host, port)
        protocols.append(protocol)
    await asyncio.gather(*(protocol.closed for protocol in protocols))
    elapsed = time.perf_counter() - begin
    latencies.sort()
    quantiles = {f"p{p}_ms": latencies[len(latencies) * p // 100] * 1000 for p in (50, 95, 99)}
    print(json.dumps({"per_second": len(latencies) / elapsed, **quantiles, "max_ms": latencies[-1] * 1000}))


if __name__ == "__main__":
    uvloop.run(
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]), *sys.argv[6:])
    )
