"""Sessions of clients that move between nodes: what is remembered of each request, and for how long.

Theory of operation. A session is opened by an entry and named after it. It keeps the result of each request until its client says
that it is settled, so a client that says so costs what it has under way, however much it asks for. What is forgotten is forgotten for
good: a session that is not here, or a number at or below the session's floor, is refused, never run, because it may have run before.
Everything in here follows from the log alone: time is the table's own, and the limits are the same on every node.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TypeAlias

import msgspec

from quorate.core.errors import DamagedError, InvariantError
from quorate.core.ids import Index
from quorate.core.keys import KEY_REUSED, SESSION_EXPIRED, Key, KeyRefused
from quorate.machines.results import MAX_RESULT_BYTES, StoredResult
from quorate.machines.stream import REMEDY, ChunkReader, frame

_RECORD_LIMIT = 256
_RESULT_LIMIT = MAX_RESULT_BYTES + 16

OVERHEAD_BYTES = 64
"""What a stored request counts for besides its results."""


class SessionLimits(msgspec.Struct, frozen=True):
    """Part of the replicated state, like the rules of a state machine: equal on all nodes, so these are no settings, and changing one is
    a new format.

    `idle_ms`: of the table's time; a session that was not used for so long is forgotten. `sessions`: at one more, the one that was not
    used for longest is. `results`: stored for one session; at one more, the oldest is settled. `result_bytes`: stored in all.
    """

    idle_ms: int = 3_600_000
    sessions: int = 10_000
    results: int = 1_000
    result_bytes: int = 64 * 1024 * 1024


LIMITS = SessionLimits()


class Answered(msgspec.Struct, frozen=True):
    """A request that was run. `digest`: of its commands. `size`: what it counts for."""

    digest: bytes
    results: list[StoredResult]
    size: int


class Remembered(msgspec.Struct):
    """One session. `floor`: requests up to it are settled, it never falls. `answers`: by sequence, all above the floor, in the order in
    which they were run. `used_ms`: the table's time of its last use. `size`: of its answers."""

    floor: int = 0
    used_ms: int = 0
    answers: dict[int, Answered] = {}
    size: int = 0

    def raise_floor(self, floor: int) -> int:
        """Forget what is settled; how many bytes that frees."""
        if floor <= self.floor:
            return 0
        self.floor = floor
        settled = [sequence for sequence in self.answers if sequence <= floor]
        freed = sum(self.answers.pop(sequence).size for sequence in settled)
        self.size -= freed
        return freed


class ClientRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A session in a snapshot; `answers` answers follow it."""

    index: Index
    nonce: int
    floor: int
    used_ms: int
    answers: int


class AnswerRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An answer in a snapshot; `results` stored results follow it."""

    sequence: int
    digest: bytes
    results: int


Captured: TypeAlias = list[tuple[ClientRecord, list[tuple[int, Answered]]]]

_encoder = msgspec.msgpack.Encoder()
_client_records = msgspec.msgpack.Decoder(ClientRecord)
_answer_records = msgspec.msgpack.Decoder(AnswerRecord)
_stored_results = msgspec.msgpack.Decoder(StoredResult)


def digest_of(commands: Sequence[bytes]) -> bytes:
    """Tells one request from another."""
    digest = blake2b(digest_size=8)
    for command in commands:
        digest.update(len(command).to_bytes(8))
        digest.update(command)
    return digest.digest()


def _size_of(results: Sequence[StoredResult]) -> int:
    return OVERHEAD_BYTES + sum(len(result.payload) + OVERHEAD_BYTES for result in results)


class ClientSessions:
    """By (index, nonce), the one that was not used for longest first.

    `result_bytes` is what is stored in all. Bounded by `SessionLimits`.
    """

    def __init__(self, limits: SessionLimits = LIMITS) -> None:
        self.result_bytes = 0
        self._limits = limits
        self._sessions: OrderedDict[tuple[Index, int], Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, index: Index, nonce: int, now_ms: int) -> None:
        """A session begins, with the entry at `index`."""
        self._sessions[index, nonce] = Remembered(used_ms=now_ms)
        self._bound()

    def find(self, key: Key, digest: bytes, now_ms: int) -> list[StoredResult] | KeyRefused | None:
        """What is known of a request: its results, or why it must not run. None: it is to be run now, and then kept."""
        name = key.session.index, key.session.nonce
        session = self._sessions.get(name)
        if session is None:
            return KeyRefused(SESSION_EXPIRED)
        self._sessions.move_to_end(name)
        session.used_ms = now_ms
        # A request that calls itself settled would be forgotten before it was answered.
        self.result_bytes -= session.raise_floor(min(key.settled, key.sequence - 1))
        answered = session.answers.get(key.sequence)
        if answered is not None:
            return answered.results if answered.digest == digest else KeyRefused(KEY_REUSED)
        return KeyRefused(SESSION_EXPIRED) if key.sequence <= session.floor else None

    def keep(self, key: Key, digest: bytes, results: list[StoredResult]) -> None:
        """Remember a request that was just run, after `find` gave None for it."""
        size = _size_of(results)
        session = self._sessions[key.session.index, key.session.nonce]
        session.answers[key.sequence] = Answered(digest, results, size)
        session.size += size
        self.result_bytes += size
        limits = self._limits
        while len(session.answers) > limits.results or (
            session.size > limits.result_bytes and len(session.answers) > 1
        ):
            self.result_bytes -= session.raise_floor(min(session.answers))
        self._bound()

    def expire(self, now_ms: int) -> None:
        """Forget what was not used for too long."""
        while self._sessions:
            first = next(iter(self._sessions.values()))
            if now_ms - first.used_ms < self._limits.idle_ms:
                return
            self._forget_first()

    def _bound(self) -> None:
        """The newest one always stays."""
        limits = self._limits
        while len(self._sessions) > 1 and (
            len(self._sessions) > limits.sessions or self.result_bytes > limits.result_bytes
        ):
            self._forget_first()

    def _forget_first(self) -> None:
        _, session = self._sessions.popitem(last=False)
        self.result_bytes -= session.size

    def capture(self) -> Captured:
        """A view that later entries do not change, in order of use."""
        return [
            (
                ClientRecord(index, nonce, session.floor, session.used_ms, len(session.answers)),
                list(session.answers.items()),
            )
            for (index, nonce), session in self._sessions.items()
        ]

    def restore(self, name: ClientRecord, answers: dict[int, Answered]) -> None:
        """Take a session out of a snapshot, behind those taken before."""
        size = sum(answered.size for answered in answers.values())
        self._sessions[name.index, name.nonce] = Remembered(name.floor, name.used_ms, answers, size)
        self.result_bytes += size

    def check(self) -> None:
        """Raise `InvariantError` if an answer is kept at or below its floor, a size does not add up, or the order is not that of use."""
        used = [session.used_ms for session in self._sessions.values()]
        if used != sorted(used):
            raise InvariantError("client sessions are not in the order of their use")
        for name, session in self._sessions.items():
            if any(sequence <= session.floor for sequence in session.answers):
                raise InvariantError(f"client session {name} keeps answers at or below its floor {session.floor}")
            if session.size != sum(answered.size for answered in session.answers.values()):
                raise InvariantError(f"client session {name}: its size does not add up")
        if self.result_bytes != sum(session.size for session in self._sessions.values()):
            raise InvariantError("the size of the client sessions does not add up")


def encode_clients(captured: Captured) -> Iterator[bytes]:
    """The frames of captured sessions, lazily."""
    for record, answers in captured:
        yield frame(_encoder.encode(record))
        for sequence, answered in answers:
            yield frame(_encoder.encode(AnswerRecord(sequence, answered.digest, len(answered.results))))
            for result in answered.results:
                yield frame(_encoder.encode(result))


def read_clients(reader: ChunkReader, count: int, limits: SessionLimits = LIMITS) -> ClientSessions:
    """Inverse of `encode_clients` for `count` sessions. Raises `DamagedError`."""
    clients = ClientSessions(limits)
    try:
        for _ in range(count):
            record = _client_records.decode(reader.frame(_RECORD_LIMIT))
            answers: dict[int, Answered] = {}
            for _ in range(record.answers):
                answer = _answer_records.decode(reader.frame(_RECORD_LIMIT))
                results = [_stored_results.decode(reader.frame(_RESULT_LIMIT)) for _ in range(answer.results)]
                answers[answer.sequence] = Answered(answer.digest, results, _size_of(results))
            clients.restore(record, answers)
    except ValueError as error:
        raise DamagedError(
            f"snapshot: client sessions unreadable before byte {reader.offset}: {error}; {REMEDY}"
        ) from error
    return clients
