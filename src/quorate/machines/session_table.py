"""Who was answered what: the part of the applied state that makes a batch apply once, however often it is sent."""

from collections.abc import Iterator
from typing import Any

import msgspec

from quorate.core.entry import SessionId
from quorate.core.errors import DamagedError, InvariantError
from quorate.core.ids import NodeId
from quorate.machines.results import MAX_RESULT_BYTES, ResultCodec, StoredResult
from quorate.machines.stream import REMEDY, ChunkReader, frame

_RECORD_LIMIT = 256
_RESULT_LIMIT = MAX_RESULT_BYTES + 16


IDLE_MS = 3_600_000
"""Of the table's time: what a node that was silent for so long had not settled is settled. No setting: equal on all nodes."""

LOOK_MS = 60_000
"""How often that is looked for, in the table's time."""

MAX_MS = 2**52
"""Of the table's time and of a node's clock, 142,000 years: whatever a node says, no number here grows out of its format."""

MAX_SESSIONS = 1024
"""Disks that are remembered. Only replaced disks and new members make more of them; then the one silent for longest is forgotten."""


class Session(msgspec.Struct):
    """One incarnation's batches on one (node, disk).

    `floor`: sequences up to and including it are settled, it never falls. `results`: by sequence, all above the floor, in order of
    their application. `base_ms`: the table's time when the node's own clock was 0. `used_ms`: the table's time of its last batch.
    """

    incarnation: int
    floor: int = 0
    results: dict[int, list[Any]] = {}
    base_ms: int = 0
    used_ms: int = 0

    def raise_floor(self, floor: int) -> None:
        """Drop the results that nobody will ask for again. The cost is bounded by what is stored, not by `floor`."""
        if floor <= self.floor:
            return
        results = self.results
        if floor == self.floor + 1:
            results.pop(floor, None)
        elif floor - self.floor <= len(results):
            for sequence in range(self.floor + 1, floor + 1):
                results.pop(sequence, None)
        else:
            self.results = {sequence: kept for sequence, kept in results.items() if sequence > floor}
        self.floor = floor


class SessionRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A session in a snapshot; `batches` batches follow it."""

    node: NodeId
    disk: int
    incarnation: int
    floor: int
    batches: int
    base_ms: int = 0
    used_ms: int = 0


class BatchRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch in a snapshot; `results` stored results follow it."""

    sequence: int
    results: int


CapturedSession = tuple[SessionRecord, list[tuple[int, list[Any]]]]

_encoder = msgspec.msgpack.Encoder()
_session_records = msgspec.msgpack.Decoder(SessionRecord)
_batch_records = msgspec.msgpack.Decoder(BatchRecord)
_stored_results = msgspec.msgpack.Decoder(StoredResult)


class SessionTable:
    """By (node, disk), the newest incarnation seen (Raft dissertation, 6.3: sessions in the state machine).

    There is one session for each disk that a node ever ran on, however often it restarted. What a session stores is bounded by its
    node: it is the batches that the node has not settled; and a node that is gone for good keeps nothing for ever.

    `time_ms` is how much time has passed, as the log tells it: nobody's clock is asked, so it is the same on every node. A session's first
    batch says where its node's clock stands, each later one how far it has come; the node that is furthest leads. So clocks need
    not agree with each other, or with the world's; and time in which nothing is proposed counts once something is.
    """

    def __init__(self, sessions: dict[tuple[NodeId, int], Session] | None = None, time_ms: int = 0) -> None:
        self.time_ms = time_ms
        self._sessions = {} if sessions is None else sessions

    def __len__(self) -> int:
        return len(self._sessions)

    def enter(self, identity: SessionId, clock_ms: int = 0) -> Session | None:
        """The session a batch belongs to; None if a newer incarnation was here. A newer incarnation ends the older
        one: its callers died with it. `clock_ms`: of the node, when it made the batch."""
        key = (identity.node, identity.disk)
        session = self._sessions.get(key)
        incarnation = identity.incarnation
        if not 0 <= clock_ms <= MAX_MS:
            clock_ms = max(0, min(clock_ms, MAX_MS))
        if session is None or session.incarnation < incarnation:
            session = self._sessions[key] = Session(incarnation, base_ms=self.time_ms - clock_ms)
            if len(self._sessions) > MAX_SESSIONS:
                self._forget_one(key)
        if session.incarnation != incarnation:
            return None
        now_ms = session.base_ms + clock_ms
        if now_ms > self.time_ms:
            self._advance(min(now_ms, MAX_MS))
        session.used_ms = self.time_ms
        return session

    def _advance(self, now_ms: int) -> None:
        before = self.time_ms
        if now_ms <= before:
            return
        self.time_ms = now_ms
        if now_ms // LOOK_MS == before // LOOK_MS:
            return
        for session in self._sessions.values():
            if session.results and now_ms - session.used_ms >= IDLE_MS:
                # Its numbers stay used: a late copy of a batch is skipped as before.
                session.raise_floor(max(session.results))

    def _forget_one(self, entered: tuple[NodeId, int]) -> None:
        others = [(session.used_ms, key) for key, session in self._sessions.items() if key != entered]
        del self._sessions[min(others)[1]]

    def results_of(self, identity: SessionId, sequence: int) -> list[Any] | None:
        """What is stored for a batch; None: not applied, or settled, or of an incarnation that has ended."""
        session = self._sessions.get((identity.node, identity.disk))
        if session is None or session.incarnation != identity.incarnation:
            return None
        return session.results.get(sequence)

    def capture(self) -> list[CapturedSession]:
        """A view that later batches do not change, in ascending order of node, disk and sequence."""
        return [
            (
                SessionRecord(
                    node,
                    disk,
                    session.incarnation,
                    session.floor,
                    len(session.results),
                    session.base_ms,
                    session.used_ms,
                ),
                sorted(session.results.items(), key=lambda item: item[0]),
            )
            for (node, disk), session in sorted(self._sessions.items(), key=lambda item: item[0])
        ]

    def check(self) -> None:
        """Raise `InvariantError` if a result is stored at or below its session's floor."""
        for key, session in self._sessions.items():
            if any(sequence <= session.floor for sequence in session.results):
                raise InvariantError(f"session {key} keeps results at or below its floor {session.floor}")


def encode_sessions(captured: list[CapturedSession], codec: ResultCodec) -> Iterator[bytes]:
    """The frames of a captured table, lazily."""
    for record, batches in captured:
        yield frame(_encoder.encode(record))
        for sequence, results in batches:
            yield frame(_encoder.encode(BatchRecord(sequence, len(results))))
            for result in results:
                yield frame(_encoder.encode(codec.encode(result)))


def read_sessions(reader: ChunkReader, count: int, codec: ResultCodec, time_ms: int = 0) -> SessionTable:
    """Inverse of `encode_sessions` for `count` sessions of a table at `time_ms`. Raises `DamagedError`."""
    sessions: dict[tuple[NodeId, int], Session] = {}
    try:
        for _ in range(count):
            record = _session_records.decode(reader.frame(_RECORD_LIMIT))
            session = Session(record.incarnation, record.floor, {}, record.base_ms, record.used_ms)
            for _ in range(record.batches):
                batch = _batch_records.decode(reader.frame(_RECORD_LIMIT))
                session.results[batch.sequence] = [_read_result(reader, codec) for _ in range(batch.results)]
            sessions[record.node, record.disk] = session
    except ValueError as error:
        raise DamagedError(
            f"snapshot: session table unreadable before byte {reader.offset}: {error}; {REMEDY}"
        ) from error
    return SessionTable(sessions, time_ms)


def _read_result(reader: ChunkReader, codec: ResultCodec) -> Any:
    return codec.decode(_stored_results.decode(reader.frame(_RESULT_LIMIT)))
