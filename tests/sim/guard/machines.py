"""State machines that keep the rules, and one for each way to break them."""

from __future__ import annotations

import datetime
import json
import os
import random
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime as imported_datetime
from time import time as imported_time
from typing import Any, ClassVar

from quorate.core.machine import CommandError


class Words:
    """Remembers the words it was given; refuses an empty one. Keeps every rule."""

    def __init__(self) -> None:
        self.words: list[Any] = []

    def apply(self, command: bytes) -> Any:
        if not command:
            raise CommandError("an empty word", code="empty")
        self.words.append(command.decode())
        return len(self.words)

    def snapshot(self) -> bytes | Iterable[bytes]:
        return json.dumps(self.words).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        self.words = json.loads(b"".join(chunks))


class Clocked(Words):
    def apply(self, command: bytes) -> Any:
        self.words.append(time.time())
        return 0


class ClockedEarly(Words):
    """The name was bound before anybody could replace the function."""

    def apply(self, command: bytes) -> Any:
        return int(imported_time())


class Dated(Words):
    def apply(self, command: bytes) -> Any:
        return imported_datetime.now(datetime.UTC).year


class Tolerant(Words):
    """Would swallow an error that a replaced clock raised."""

    def apply(self, command: bytes) -> Any:
        try:
            return int(time.monotonic() * 0)
        except Exception:
            return 0


class Drawing(Words):
    def apply(self, command: bytes) -> Any:
        return random.randint(1, 1)


class Unseeded(Words):
    def apply(self, command: bytes) -> Any:
        return random.Random().randint(1, 1)


class Seeded(Words):
    """Allowed: the seed is in the command."""

    def apply(self, command: bytes) -> Any:
        return random.Random(command).randint(1, 6)


class Identified(Words):
    def apply(self, command: bytes) -> Any:
        return len(str(uuid.uuid4()))


class Environed(Words):
    def apply(self, command: bytes) -> Any:
        return os.environ.get("NOBODY_SETS_THIS")


class Declared(Words):
    """Measures itself, and says so."""

    determinism_exceptions = ("time.perf_counter", "uuid.uuid4")

    def apply(self, command: bytes) -> Any:
        started = time.perf_counter()
        uuid.uuid4()
        answer = super().apply(command)
        assert time.perf_counter() >= started
        return answer


class Addressed(Words):
    """Where an object lies in memory differs from copy to copy."""

    def apply(self, command: bytes) -> Any:
        return id(self)


class Stamped(Words):
    """The same, hidden in the state."""

    def apply(self, command: bytes) -> Any:
        if command == b"stamp":
            self.words.append(id(self))
        return 0


class Moody(Words):
    """Raises on one copy only."""

    made: Iterator[int] = iter(range(10**9))

    def __init__(self) -> None:
        super().__init__()
        self.number = next(Moody.made)

    def apply(self, command: bytes) -> Any:
        if self.number % 2:
            raise KeyError(command)
        return super().apply(command)


class Crashing(Words):
    def apply(self, command: bytes) -> Any:
        if command == b"c":
            raise KeyError("no such word")
        return super().apply(command)


class HalfDone(Words):
    """Changes first, then refuses."""

    def apply(self, command: bytes) -> Any:
        self.words.append(command.decode())
        if command == b"b":
            raise CommandError("not b")
        return len(self.words)


class Unencodable(Words):
    def apply(self, command: bytes) -> Any:
        return self


class LostResults(Unencodable):
    """Says so: who asks again after a snapshot gets no result."""

    determinism_exceptions = ("encodable",)


class WrongType(Words):
    result_type = str


class Aliasing(Words):
    def apply(self, command: bytes) -> Any:
        super().apply(command)
        return self.words


class Counting(Words):
    """What it counts is not in the snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def apply(self, command: bytes) -> Any:
        self.count += 1
        return self.count


class Shared(Words):
    """The list lives on the class."""

    words: ClassVar[list[Any]] = []

    def __init__(self) -> None:
        """No list of its own."""


class Restless(Words):
    """Each snapshot changes it."""

    def snapshot(self) -> bytes:
        self.words.append("snap")
        return json.dumps(self.words).encode()


class Texts(Words):
    def snapshot(self) -> Any:
        return json.dumps(self.words)


class Lazy(Words):
    """Is read when later commands have been applied."""

    def snapshot(self) -> Iterable[bytes]:
        return map(str.encode, map(json.dumps, [self.words]))


class Generating(Words):
    """Allowed: a generator is drained at once."""

    def snapshot(self) -> Iterable[bytes]:
        yield json.dumps(self.words).encode()


class Chunky(Words):
    """Believes that a snapshot comes back in the pieces in which it was given."""

    def restore(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.words = json.loads(chunk)


class Forgetful(Words):
    def restore(self, chunks: Iterable[bytes]) -> None:
        self.words = json.loads(b"".join(chunks))[:1]


class Adding(Words):
    """Restores on top of what was there."""

    def restore(self, chunks: Iterable[bytes]) -> None:
        self.words = self.words + json.loads(b"".join(chunks))


class HashOrdered(Words):
    """Walks a set of text."""

    def apply(self, command: bytes) -> Any:
        super().apply(command)
        return " ".join(set(self.words))


class HashOrderedState(Words):
    """The same, hidden in the state."""

    def snapshot(self) -> bytes:
        return json.dumps(sorted(self.words, key=lambda word: hash(word) % 1009)).encode()


def draw_word(source: random.Random) -> bytes:
    return bytes([source.randrange(97, 123)]) * source.randint(0, 3)
