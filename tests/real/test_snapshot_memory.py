"""A large state on its way to a new follower is never in memory as a whole, on neither side (S-S11)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from quorate import Node
from quorate.core.ids import NodeId
from real.processes import free_ports, until

pytestmark = pytest.mark.real

STATE_BYTES = 32 << 20
CHUNK = 1 << 18
OPTIONS = {"log_tail_entries": 0, "log_tail_bytes": 0}


class _Stream:
    """A state that is made while it is read, so that nobody holds it."""

    def __iter__(self) -> Iterator[bytes]:
        for number in range(STATE_BYTES // CHUNK):
            yield blake2b(b"%d" % number).digest() * (CHUNK // 64)


class Huge:
    """A machine whose snapshot is large and whose state is not: `held` is the digest of what it was last given."""

    def __init__(self) -> None:
        self.held = ""

    def apply(self, command: bytes) -> int:
        return len(command)

    def snapshot(self) -> Iterable[bytes]:
        return _Stream()

    def restore(self, chunks: Iterable[bytes]) -> None:
        digest = blake2b()
        for chunk in chunks:
            digest.update(chunk)
        self.held = digest.hexdigest()


@pytest.mark.timeout(240)
async def test_s_s11_memory_stays_at_a_few_chunks_on_both_sides(tmp_path: Path) -> None:
    """Sender and receiver are in this process: 32 MB go from one disk to the other in less than 4 MB of memory for the two."""
    ports = free_ports(3)
    peers = {node: f"127.0.0.1:{ports[node - 1]}" for node in (1, 2, 3)}

    def node(number: NodeId) -> Node[Huge]:
        return Node(id=number, peers=peers, data_dir=tmp_path / str(number), machine=Huge(), options=OPTIONS)

    async with node(1) as one, node(2) as two:
        await one.wait_for_leader(30)
        await one.apply(b"x")
        for each in (one, two):
            await each.snapshot()
            await each.apply(b"y")
        late = node(3)
        tracemalloc.start()
        try:
            async with late:

                async def loaded() -> bool:
                    return bool(late.machine.held)

                await until(loaded, "the new node has loaded the state", 180)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    expected = blake2b()
    for chunk in _Stream():
        expected.update(chunk)
    assert late.machine.held == expected.hexdigest()
    assert peak < STATE_BYTES / 8, f"{peak} bytes for a state of {STATE_BYTES}"
