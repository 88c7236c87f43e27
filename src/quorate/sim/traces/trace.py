"""The history of a run: one record a step, and what else happened, as bytes that are the same whenever the seed is."""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol

import msgspec

from quorate.runtime.record import Fatal, Record, encode_record
from quorate.runtime.trace_format import encode_line


class Sink(Protocol):
    """Where lines go: a file opened for bytes, or anything that wants them."""

    def write(self, data: bytes, /) -> object:
        """One line, with its newline."""
        ...


class Trace:
    """`digest` stands for all that happened so far. `file`: also write each line to it, after the line `header`."""

    def __init__(self, file: Sink | None = None, header: bytes = b"") -> None:
        self.records = 0
        self._hash = blake2b(digest_size=16)
        self._file = file
        if file is not None and header:
            file.write(header)

    def add(self, record: Record | Fatal) -> None:
        """One step, or the one that a node did not survive."""
        self.records += isinstance(record, Record)
        self._add(encode_record(record) + b"\n")

    def note(self, line: msgspec.Struct) -> None:
        """What happened beside the steps: one of `quorate.sim.traces.lines`."""
        self._add(encode_line(line))

    def end(self, line: msgspec.Struct) -> None:
        """The last line. It may hold the digest, and so is no part of it."""
        if self._file is not None:
            self._file.write(encode_line(line))

    def digest(self) -> str:
        """blake2b-128 of all lines between the first and the last, in hex."""
        return self._hash.hexdigest()

    def _add(self, line: bytes) -> None:
        self._hash.update(line)
        if self._file is not None:
            self._file.write(line)
