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


class Session(msgspec.Struct):
    """One incarnation's batches on one (node, disk).

    `floor`: sequences up to and including it are settled, it never falls. `results`: by sequence, all above the floor, in order of
    their application.
    """

    incarnation: int
    floor: int = 0
    results: dict[int, list[Any]] = {}

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

    There is one session for each disk that a node ever ran on, however often it restarted, so the table grows with replaced
    disks only. What a session stores is bounded by its node: it is the batches that the node has not settled.
    """

    def __init__(self, sessions: dict[tuple[NodeId, int], Session] | None = None) -> None:
        self._sessions = {} if sessions is None else sessions

    def __len__(self) -> int:
        return len(self._sessions)

    def enter(self, identity: SessionId) -> Session | None:
        """The session a batch belongs to; None if a newer incarnation was here. A newer incarnation ends the older
        one: its callers died with it."""
        key = (identity.node, identity.disk)
        session = self._sessions.get(key)
        incarnation = identity.incarnation
        if session is None or session.incarnation < incarnation:
            session = self._sessions[key] = Session(incarnation)
        return session if session.incarnation == incarnation else None

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
                SessionRecord(node, disk, session.incarnation, session.floor, len(session.results)),
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


def read_sessions(reader: ChunkReader, count: int, codec: ResultCodec) -> SessionTable:
    """Inverse of `encode_sessions` for `count` sessions. Raises `DamagedError`."""
    sessions: dict[tuple[NodeId, int], Session] = {}
    try:
        for _ in range(count):
            record = _session_records.decode(reader.frame(_RECORD_LIMIT))
            session = Session(record.incarnation, record.floor)
            for _ in range(record.batches):
                batch = _batch_records.decode(reader.frame(_RECORD_LIMIT))
                session.results[batch.sequence] = [_read_result(reader, codec) for _ in range(batch.results)]
            sessions[record.node, record.disk] = session
    except ValueError as error:
        raise DamagedError(
            f"snapshot: session table unreadable before byte {reader.offset}: {error}; {REMEDY}"
        ) from error
    return SessionTable(sessions)


def _read_result(reader: ChunkReader, codec: ResultCodec) -> Any:
    return codec.decode(_stored_results.decode(reader.frame(_RESULT_LIMIT)))
