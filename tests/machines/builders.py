"""Entries, cuts and small machines for the tests of this floor."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any
from zlib import crc32

from hypothesis import strategies as st

from quorate.core.entry import Batch, Entry, EntryKind, SessionId, encode_batch
from quorate.core.machine import CommandError
from quorate.machines.sessions import AppliedBatch, SessionedMachine

ALICE = SessionId(node=1, disk=77, incarnation=1)
BOB = SessionId(node=2, disk=88, incarnation=1)


def noop(index: int, term: int = 1) -> Entry:
    return Entry(index, term, EntryKind.NOOP, b"", crc32(b""))


def batch_entry(
    index: int, session: SessionId, sequence: int, commands: list[bytes], floor: int = 0, term: int = 1
) -> Entry:
    data = encode_batch(Batch(session, sequence, floor, commands))
    return Entry(index, term, EntryKind.BATCH, data, crc32(data))


def send(
    machine: SessionedMachine[Any], session: SessionId, sequence: int, *commands: bytes, floor: int = 0
) -> AppliedBatch | None:
    """Append a batch right behind what the machine has applied, and apply it."""
    return machine.apply(batch_entry(machine.applied + 1, session, sequence, list(commands), floor))


def cut(data: bytes, borders: Iterable[int]) -> list[bytes]:
    """The same bytes in pieces, some of them empty."""
    places = sorted({0, len(data), *(border % (len(data) + 1) for border in borders)})
    return [b"", *(data[a:b] for a, b in pairwise(places)), b""]


def cuts() -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 1 << 16), max_size=12)


class Journal:
    """Remembers every command and answers with its number. `refuse ...` is refused, `fail ...` is a bug."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def apply(self, command: bytes) -> Any:
        if command.startswith(b"refuse"):
            raise CommandError(f"no {command.decode()}", "unwanted")
        if command.startswith(b"fail"):
            raise ZeroDivisionError(command.decode())
        self.lines.append(command)
        return len(self.lines)

    def snapshot(self) -> bytes | Iterable[bytes]:
        return b"\n".join(self.lines)

    def restore(self, chunks: Iterable[bytes]) -> None:
        joined = b"".join(chunks)
        self.lines = joined.split(b"\n") if joined else []


class LazyJournal(Journal):
    """Its snapshot is a generator that reads the live state, as far as it has been drained."""

    def snapshot(self) -> Iterator[bytes]:
        for number, line in enumerate(self.lines):
            yield (b"\n" if number else b"") + line


class Answering:
    """Answers each command with what it was told to."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def apply(self, command: bytes) -> Any:
        return self.answers[command.decode()]

    def snapshot(self) -> bytes:
        return b""

    def restore(self, chunks: Iterable[bytes]) -> None:
        assert b"".join(chunks) == b""
