"""PySyncObj, embedded in a Python program, from a virtual environment of its own that is thrown away."""

import venv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from peer import HERE, NODES, Order, Running
from peer_hashicorp import Inside, leader_among
from processes import carry_out, processes

from quorate.cli.bench_buckets import sample
from quorate.cli.bench_cluster import free_base_port
from quorate.cli.bench_results import Sample


class Told(msgspec.Struct, frozen=True):
    """What the process says of a load."""

    latencies_s: list[float]
    per_second: float


class PySyncObj:
    """See `Peer`."""

    callers = "embedded"

    def __init__(self, *, at_once: bool = False) -> None:
        """By default it sends what has gathered every 0.1 s; `at_once`: each command when it comes."""
        self._at_once = at_once
        self.name = "PySyncObj at once" if at_once else "PySyncObj"
        sends = (
            "each command is sent at once" if at_once else "with its default of sending what has gathered every 0.1 s"
        )
        self.note = f"{sends}; its journal is not synced: writes survive the death of processes, not that of a machine"

    def missing(self) -> str | None:
        """It comes by `pip`, from where this machine's `pip` takes packages."""
        return None

    def prepare(self, workshop: Path) -> None:
        """Make the environment."""
        place = workshop / "pysyncobj"
        self._python = place / "bin" / "python"
        if self._python.exists():
            return
        venv.create(place, with_pip=True)
        carry_out("pip install pysyncobj", [str(self._python), "-m", "pip", "install", "-q", "pysyncobj"])

    @asynccontextmanager
    async def cluster(self, directory: Path) -> AsyncIterator[Running]:
        """See `Peer`."""
        base = free_base_port(range(1, NODES + 1))
        member = str(HERE / "pysyncobj_member.py")
        async with processes(directory) as started:
            for node in range(1, NODES + 1):
                words = [str(self._python), "-P", member, str(node), str(base), str(directory / f"data-{node}")]
                words += ["at-once"] * self._at_once
                await started.start(f"node-{node}", words, lines=True)
            yield Counted(await leader_among(started))


class Counted:
    """Its process tells latencies; the rest is computed here."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside

    async def measure(self, order: Order) -> Sample:
        """See `Running`."""
        told = msgspec.convert(await self._inside.told(order), Told)
        return sample(told.latencies_s, told.per_second)
