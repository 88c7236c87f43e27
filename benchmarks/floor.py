"""What this machine allows: the least that three processes do for a durable write, without an algorithm, sessions or safety.

    python benchmarks/floor.py [--in-flight 1,64,256] [--seconds 3] [--repeat 3] [--size 256] [--data-dir DIR]

A leader gathers what its callers give in one turn of the event loop, sends it to two followers and writes it to its own log; each of the
three syncs its log before it counts; callers are answered once two of three have it. Nothing is checked, retried, kept in order across
connections or survived: this is no consensus, and no program may use it. It shows what the disk, the loopback, the event loop and Python
themselves take on this machine at this moment, in turns with quorate (`ratio`: quorate's writes per second to these).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from statistics import median
from struct import Struct
from time import perf_counter

import msgspec
from rich.console import Console
from rich.table import Table

from quorate.cli.bench_cluster import Cluster, running
from quorate.cli.bench_load import raw_commands
from quorate.cli.bench_machine import describe_machine
from quorate.cli.bench_member import loop_factory
from quorate.cli.bench_orders import Run
from quorate.cli.bench_results import Load, Sample
from quorate.real.kernel_sync import KernelSync, open_kernel_sync

LOG_BYTES = 64 * 1024 * 1024
HEAD = Struct("<IQ")
ANSWER = Struct("<Q")
WARM_UP_S = 0.5


class Log:
    """A file of zeros that is written from its beginning again and again. One write at a time."""

    def __init__(self, path: Path, kernel: KernelSync) -> None:
        self._kernel = kernel
        self._at = 0
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        os.pwrite(self._descriptor, bytes(LOG_BYTES), 0)
        os.fsync(self._descriptor)

    def write(self, data: bytes, done: Callable[[], None]) -> None:
        """Call `done` when `data` is durable."""
        if self._at + len(data) > LOG_BYTES:
            self._at = 0
        os.pwrite(self._descriptor, data, self._at)
        self._at += len(data)

        def told(error: OSError | None) -> None:
            if error is not None:
                raise SystemExit(f"the log cannot be synced: {error}")
            done()

        if not self._kernel.sync(self._descriptor, told):
            raise SystemExit("the kernel does not sync this file by itself: take a --data-dir on another file system")


class Follower(asyncio.Protocol):
    """Writes what comes, all that has gathered at a time, and says up to which number it is durable."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._buffer = b""
        self._gathered: list[bytes] = []
        self._newest = 0
        self._writing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= HEAD.size:
            length, number = HEAD.unpack_from(self._buffer)
            end = HEAD.size + length
            if len(self._buffer) < end:
                break
            self._gathered.append(self._buffer[:end])
            self._newest = number
            self._buffer = self._buffer[end:]
        if not self._writing:
            self._write()

    def _write(self) -> None:
        self._writing = bool(self._gathered)
        if not self._writing:
            return
        data, newest = b"".join(self._gathered), self._newest
        self._gathered = []

        def done() -> None:
            self._transport.write(ANSWER.pack(newest))
            self._write()

        self._log.write(data, done)

    def connection_lost(self, exc: Exception | None) -> None:
        asyncio.get_running_loop().stop()


class Answers(asyncio.Protocol):
    """The leader's end of the connection to one follower."""

    def __init__(self, leader: Leader, follower: int) -> None:
        self._leader = leader
        self._follower = follower
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        whole = len(self._buffer) // ANSWER.size * ANSWER.size
        if whole:
            (number,) = ANSWER.unpack_from(self._buffer, whole - ANSWER.size)
            self._buffer = self._buffer[whole:]
            self._leader.durable(self._follower, number)


class Leader:
    """`apply` is what callers await."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: Log) -> None:
        self.followers: list[asyncio.Transport] = []
        self._loop = loop
        self._log = log
        self._gathered: list[tuple[bytes, asyncio.Future[None]]] = []
        self._in_flight: deque[tuple[int, list[tuple[bytes, asyncio.Future[None]]]]] = deque()
        self._durable = [0, 0, 0]
        self._number = 0
        self._busy = False

    def apply(self, command: bytes) -> asyncio.Future[None]:
        future = self._loop.create_future()
        self._gathered.append((command, future))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._send)
        return future

    def _send(self) -> None:
        self._busy = bool(self._gathered)
        if not self._busy:
            return
        gathered, self._gathered = self._gathered, []
        data = b"".join([command for command, _ in gathered])
        self._number = number = self._number + 1
        self._in_flight.append((number, gathered))
        frame = HEAD.pack(len(data), number) + data
        for follower in self.followers:
            follower.write(frame)

        def done() -> None:
            self.durable(0, number)
            self._send()

        self._log.write(frame, done)

    def durable(self, node: int, number: int) -> None:
        """Answer all that two of three have."""
        self._durable[node] = number
        reached = sorted(self._durable)[1]
        while self._in_flight and self._in_flight[0][0] <= reached:
            for _, future in self._in_flight.popleft()[1]:
                future.set_result(None)


def opened(path: Path, loop: asyncio.AbstractEventLoop) -> Log:
    kernel = open_kernel_sync(loop)
    if kernel is None:
        raise SystemExit("this needs a Linux on which processes may use asynchronous I/O")
    return Log(path, kernel)


def follow(path: Path) -> None:
    """A process that follows whoever connects first, and ends with it; it prints its port."""
    loop = (loop_factory() or asyncio.new_event_loop)()
    log = opened(path, loop)
    server = loop.run_until_complete(loop.create_server(lambda: Follower(log), "127.0.0.1", 0))
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.run_forever()


async def lead(directory: Path, ports: list[int], in_flight: int, seconds: float, size: int) -> float:
    """Writes per second."""
    loop = asyncio.get_running_loop()
    leader = Leader(loop, opened(directory / "leader", loop))
    for follower, port in enumerate(ports, 1):
        transport, _ = await loop.create_connection(lambda node=follower: Answers(leader, node), "127.0.0.1", port)
        leader.followers.append(transport)
    begin = perf_counter() + WARM_UP_S
    draw, ended = cycle(raw_commands(size)).__next__, 0

    async def caller() -> None:
        nonlocal ended
        while (now := perf_counter()) < begin + seconds:
            await leader.apply(draw())
            ended += now >= begin

    await asyncio.gather(*(caller() for _ in range(in_flight)))
    for follower in leader.followers:
        follower.close()
    return ended / seconds


def floor(directory: Path, in_flight: int, seconds: float, size: int) -> float:
    """Writes per second of three processes."""
    command = [sys.executable, __file__, "--follow"]
    paths = [directory / f"follower-{number}" for number in (1, 2)]
    processes = [subprocess.Popen([*command, str(path)], stdout=subprocess.PIPE, text=True) for path in paths]
    try:
        lines = [process.stdout.readline() for process in processes if process.stdout is not None]
        if not all(lines):
            raise SystemExit("a follower did not start; what it said stands above")
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            return runner.run(lead(directory, [int(line) for line in lines], in_flight, seconds, size))
    finally:
        for process in processes:
            process.kill()
            process.communicate()


async def quorate(directory: Path, in_flight: int, seconds: float, size: int) -> float:
    """The same of quorate, by callers in the leader's process."""
    async with running(Cluster(directory, 3, "raft", {})) as cluster:
        order = Run(Load("write", "leader", in_flight), size, seconds, WARM_UP_S)
        sample = await cluster.ask(await cluster.leader(), order, Sample, seconds=seconds + WARM_UP_S)
        return sample.per_second


class Row(msgspec.Struct):
    in_flight: int
    floor: list[float] = []
    quorate: list[float] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-flight", default="1,64,256", help="calls at a time, separated by commas")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each")
    parser.add_argument("--size", type=int, default=256, help="bytes of a command")
    parser.add_argument("--data-dir", type=Path, help="on the disk to be measured; default: the system's temporary one")
    parser.add_argument("--follow", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.follow is not None:
        follow(given.follow)
        return
    screen = Console(stderr=True)
    rows = [Row(int(number)) for number in given.in_flight.split(",")]
    with tempfile.TemporaryDirectory(prefix="quorate-floor-", dir=given.data_dir) as place:
        machine = describe_machine(Path(place))
        for run in range(given.repeat):
            for row in rows:
                with tempfile.TemporaryDirectory(dir=place) as directory:
                    row.floor.append(floor(Path(directory), row.in_flight, given.seconds, given.size))
                with tempfile.TemporaryDirectory(dir=place) as directory:
                    row.quorate.append(asyncio.run(quorate(Path(directory), row.in_flight, given.seconds, given.size)))
                found = f"{row.floor[-1]:,.0f}/s at the least, {row.quorate[-1]:,.0f}/s quorate"
                screen.print(f"run {run + 1} of {given.repeat}, {row.in_flight} in flight: {found}")
    table = Table("in flight", "nothing but the writes", "quorate", "ratio", title="Writes per second, medians")
    for row in rows:
        least, ours = median(row.floor), median(row.quorate)
        table.add_row(f"{row.in_flight:,}", f"{least:,.0f}", f"{ours:,.0f}", f"{ours / least:.2f}")
    Console().print(table)
    print(f"{machine.title}; {machine.disk}.")


if __name__ == "__main__":
    main()
