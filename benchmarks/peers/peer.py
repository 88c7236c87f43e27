"""What every other system has to offer to be compared."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from processes import carry_out

from quorate.cli.bench_results import Sample

NODES = 3
GO_PATH = Path("/usr/share/gocode")
GO_PACKAGES = GO_PATH / "src"
HERE = Path(__file__).parent


class Order(msgspec.Struct, frozen=True):
    """`in_flight` callers write values of `size_bytes`, each with one call open at a time."""

    in_flight: int
    size_bytes: int
    seconds: float
    warm_up_s: float

    @property
    def words(self) -> list[str]:
        """As the programs take it."""
        return [str(self.in_flight), str(self.size_bytes), f"{self.seconds:g}", f"{self.warm_up_s:g}"]


class Running(Protocol):
    """Three of its processes."""

    async def measure(self, order: Order) -> Sample:
        """Writes, each acknowledged when it is durable on a majority."""
        ...


class Peer(Protocol):
    """Another system. `callers`: in the leader's process, or clients on loopback. `note`: what to know of its figures."""

    name: str
    callers: Literal["embedded", "clients"]
    note: str

    def missing(self) -> str | None:
        """How to install it, if it is not there."""
        ...

    def prepare(self, workshop: Path) -> None:
        """Build what is needed. Raises `BenchFailedError`."""
        ...

    def cluster(self, directory: Path) -> AbstractAsyncContextManager[Running]:
        """Three processes with durable logs, on empty data, that have a leader."""
        ...


Cluster = AsyncIterator[Running]


def lacks(programs: dict[str, str], files: dict[Path, str]) -> str | None:
    """`programs`, `files`: with the Debian package of each. How to install what is not there."""
    absent = [package for program, package in programs.items() if shutil.which(program) is None]
    absent += [package for file, package in files.items() if not file.exists()]
    return f"apt-get install {' '.join(dict.fromkeys(absent))}" if absent else None


def build_go(workshop: Path, name: str) -> Path:
    """One of the programs in `go/`, with what they share. From Debian's packages alone, without the network."""
    place = workshop / name
    place.mkdir(parents=True, exist_ok=True)
    for file in ("load.go", f"{name}.go"):
        shutil.copy(HERE / "go" / file, place)
    environment = {"GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOCACHE": str(workshop / "go-cache"), "GOFLAGS": ""}
    carry_out(f"go build of {name}", ["go", "build", "-o", name, "."], environment, place)
    return place / name
