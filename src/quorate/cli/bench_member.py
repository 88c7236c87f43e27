"""One node of `quorate bench`, with the callers inside its process. Takes orders on standard input, and ends with it.

python -m quorate.cli.bench_member PLAN      (PLAN: a `MemberPlan` as JSON)
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from quorate import KeyValueMachine, Node
from quorate.cli.bench_load import fill, puts, raw_commands, run_load
from quorate.cli.bench_orders import (
    Answer,
    BeginWrites,
    CatchUp,
    EndWrites,
    Fill,
    MemberPlan,
    Memory,
    Order,
    Remember,
    Run,
    WhoLeads,
    WriteOnce,
)
from quorate.cli.bench_watch import Writer, write_once
from quorate.core.errors import QuorateError
from quorate.core.machine import StateMachine

PATIENCE_S = 60.0
LINE_LIMIT = 1 << 20


class Count:
    """Counts what is applied, so that the cost measured is that of agreement, not of a machine. `newest`: the last command."""

    def __init__(self) -> None:
        self.count = 0
        self.newest = b""

    def apply(self, command: bytes) -> int:
        """One more."""
        self.newest = command
        self.count += 1
        return self.count

    def snapshot(self) -> bytes:
        """The count."""
        return str(self.count).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        """The count."""
        self.count = int(b"".join(chunks))


class Member:
    """Carries orders out on its node."""

    def __init__(self, plan: MemberPlan, node: Node[StateMachine]) -> None:
        self._plan = plan
        self._node = node
        self._writers: list[Writer] = []

    async def obey(self, order: Order) -> Any:
        """What the order asks for. Raises `QuorateError` and `TimeoutError`."""
        match order:
            case WhoLeads():
                return await self._node.wait_for_leader(PATIENCE_S)
            case Run():
                return await run_load(self._node, order, self._commands(order.size_bytes, order.keys))
            case Fill():
                return await fill(self._node, order)
            case Remember():
                return memory()
            case WriteOnce():
                await write_once(self._node, self._commands(order.size_bytes)[0], monotonic() + PATIENCE_S)
                return monotonic()
            case BeginWrites():
                self._writers.append(Writer(self._node, self._commands(order.size_bytes)[0]))
                return await self._writers[-1].steady()
            case EndWrites():
                return await self._writers.pop().end(but=order.but, since=order.since)
            case CatchUp():
                await self._node.read(lambda _machine: None, PATIENCE_S)
                return True

    def _commands(self, size_bytes: int, keys: int = 1) -> list[bytes]:
        return puts(size_bytes, keys) if self._plan.machine == "store" else raw_commands(size_bytes)


def memory(status: Path = Path("/proc/self/status")) -> Memory:
    """Of this process. Where the system tells no more than the peak, that is both."""
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return Memory(*(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")))
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return Memory(peak, peak)


async def answer_to(member: Member, line: bytes) -> Answer:
    """Carry out one order; what goes wrong is said in one line."""
    try:
        value = await member.obey(msgspec.json.decode(line, type=Order))
    except (QuorateError, TimeoutError) as error:
        return Answer(error=" ".join(f"{type(error).__name__}: {error}".split()))
    return Answer(msgspec.Raw(msgspec.json.encode(value)))


async def serve(plan: MemberPlan) -> None:
    """Run the node, and obey until standard input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    machine: StateMachine = KeyValueMachine() if plan.machine == "store" else Count()
    node = Node(
        id=plan.node,
        peers=plan.peers,
        data_dir=plan.data_dir,
        machine=machine,
        algorithm=plan.algorithm,
        cluster="bench",
        options=plan.options,
    )
    async with node:
        member = Member(plan, node)
        while line := await reader.readline():
            sys.stdout.buffer.write(msgspec.json.encode(await answer_to(member, line)) + b"\n")
            sys.stdout.buffer.flush()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one, as in `quorate node`; else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def main() -> None:
    """The process."""
    plan = msgspec.json.decode(sys.argv[1], type=MemberPlan)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(plan))


if __name__ == "__main__":
    main()
