"""The history of a run: one record a step, as bytes that are the same whenever the seed is."""

from hashlib import blake2b
from typing import BinaryIO

from quorate.runtime.record import Record, encode_record


class Trace:
    """`digest` stands for all that happened so far. `file`: also write each record, one JSON line each."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self.records = 0
        self._hash = blake2b(digest_size=16)
        self._file = file

    def add(self, record: Record) -> None:
        """One step."""
        line = encode_record(record) + b"\n"
        self.records += 1
        self._hash.update(line)
        if self._file is not None:
            self._file.write(line)

    def digest(self) -> str:
        """blake2b-128 of all lines, in hex."""
        return self._hash.hexdigest()
