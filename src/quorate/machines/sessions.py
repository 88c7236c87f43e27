"""A state machine that applies log entries, each batch once.

Theory: a node that got no answer sends its batch again, so a batch may be in the log twice or more. Every entry is
applied on every node in the same order, therefore "was this (session, sequence) applied before?" has the same answer
everywhere, if the memory of it is part of the replicated state: of each snapshot too.
"""

from collections.abc import Generator, Iterable, Iterator
from hashlib import blake2b
from itertools import chain
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from quorate.core.entry import Batch, Entry, EntryKind, KeyedCall, SessionId, decode_batch
from quorate.core.errors import DamagedError, InvariantError, MachineFailedError, MismatchError, QuorateError
from quorate.core.ids import Index, Term
from quorate.core.keys import KeyRefused, SessionOpened
from quorate.core.machine import CommandError, StateMachine
from quorate.machines.client_sessions import (
    LIMITS,
    Captured,
    ClientSessions,
    SessionLimits,
    digest_of,
    encode_clients,
    read_clients,
)
from quorate.machines.results import ResultCodec, plain_refusal, result_type_of
from quorate.machines.session_table import CapturedSession, SessionTable, encode_sessions, read_sessions
from quorate.machines.stream import REMEDY, ChunkReader, coalesce, frame

M = TypeVar("M", bound=StateMachine)

FORMAT = "quorate-sessions"
VERSION = 2
"""Version 1 had no sessions of clients; it is still read, and written as long as there are none, for releases that know no other."""

_NOOP = int(EntryKind.NOOP)
_BATCH = int(EntryKind.BATCH)
_CONFIGURATION = int(EntryKind.CONFIGURATION)
_HEADER_LIMIT = 256


class AppliedBatch(msgspec.Struct, frozen=True, gc=False):
    """What an entry's batch came to: one result a command, in the batch's order; a `CommandError` among them is the machine's
    refusal. `repeated`: it had been applied at an earlier index and these are the results it had then."""

    index: Index
    session: SessionId
    sequence: int
    results: list[Any]
    repeated: bool = False


class SnapshotHeader(msgspec.Struct, frozen=True, array_like=True):
    """First frame of the stream; `sessions` sessions of nodes follow, `clients` sessions of clients, then the inner machine's bytes.
    `time_ms`: of the session table."""

    format: str
    version: int
    applied: Index
    term: Term
    sessions: int
    time_ms: int = 0
    clients: int = 0


_encoder = msgspec.msgpack.Encoder()
_headers = msgspec.msgpack.Decoder(SnapshotHeader)


class SessionedMachine(Generic[M]):
    """A state machine plus the session table, moved from entry to entry.

    Invariants: `applied` rises by one with each entry. A batch's commands run at most once, all of them or none. After a
    `MachineFailedError` from `apply`, or a `restore` that did not end, everything but `restore` is refused.
    Bounded by: one session a (node, disk), see `SessionTable`, and by `SessionLimits`, which must be the same on all nodes.

    Not thread-safe; `snapshot` hands out what another thread may consume.
    """

    def __init__(self, machine: M, limits: SessionLimits = LIMITS) -> None:
        self.machine = machine
        self.applied: Index = 0
        self.applied_term: Term = 0
        self._table = SessionTable()
        self._clients = ClientSessions(limits)
        self._limits = limits
        self._codec = ResultCodec(result_type_of(machine))
        self._failure: str | None = None

    def apply(self, entry: Entry) -> AppliedBatch | None:
        """Apply the entry that follows `applied`. None: it carried no batch, or its batch is settled, or belongs to an ended
        incarnation; nobody waits for it here.

        Raises `MachineFailedError` when the machine raised what it did not declare or the entry cannot be read, and
        `InvariantError` for an entry out of order.
        """
        self._refuse_if_failed()
        if entry.index != self.applied + 1 or entry.term < self.applied_term:
            raise InvariantError(
                f"entry {entry.index} of term {entry.term} cannot follow entry {self.applied} of term {self.applied_term}"
            )
        kind = entry.kind
        outcome = None
        if kind == _BATCH:
            outcome = self._apply_batch(entry)
        elif kind not in (_NOOP, _CONFIGURATION):
            self._fail(f"entry {entry.index} is of kind {kind}, which this version does not know; upgrade this node")
        self.applied = entry.index
        self.applied_term = entry.term
        return outcome

    def results_of(self, session: SessionId, sequence: int) -> list[Any] | None:
        """The results of a batch that is applied and not settled; after a snapshot was loaded some may be `ResultGone`.

        None: not applied up to `applied`, or settled, or of an incarnation that has ended.
        """
        self._refuse_if_failed()
        results = self._table.results_of(session, sequence)
        return None if results is None else results.copy()

    def snapshot(self) -> Iterable[bytes]:
        """The state as of this call, as a stream that may be consumed on another thread, and more than once if the
        machine's own snapshot can. A machine that answers with a generator is drained here, because its body still reads the live state.

        Raises `MachineFailedError` when the machine's `snapshot` raises.
        """
        self._refuse_if_failed()
        try:
            inner = _detached(self.machine.snapshot())
        except Exception as error:
            raise MachineFailedError(self._blame("snapshot()", error)) from error
        captured = self._table.capture()
        clients = self._clients.capture()
        header = SnapshotHeader(
            FORMAT,
            VERSION if clients else 1,
            self.applied,
            self.applied_term,
            len(captured),
            self._table.time_ms,
            len(clients),
        )
        return _SnapshotStream(header, captured, clients, self._codec, inner)

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Replace everything by what `snapshot` gave, on this node or another. The chunks are read to their end, so that
        their source can check its digest.

        Raises `DamagedError` or `MismatchError` for a stream that is not ours, `MachineFailedError` when the machine's `restore`
        raises anything else; what the source of the chunks raises passes through as far as it is a `QuorateError` or an `OSError`.
        """
        reader = ChunkReader(chunks)
        header = _read_header(reader)
        table = read_sessions(reader, header.sessions, self._codec, header.time_ms)
        clients = read_clients(reader, header.clients, self._limits)
        rest = reader.rest()
        self._failure = "a snapshot was being loaded and that did not end well; load another one"
        try:
            self.machine.restore(rest)
        except (QuorateError, OSError):
            raise
        except Exception as error:
            raise MachineFailedError(self._blame(f"restore() of the snapshot at {header.applied}", error)) from error
        for _ in rest:
            pass
        self._table, self._clients = table, clients
        self.applied, self.applied_term = header.applied, header.term
        self._failure = None

    def digest(self) -> str:
        """blake2b-128 of the snapshot stream, in hex: equal on any two nodes that applied the same entries."""
        digest = blake2b(digest_size=16)
        for chunk in self.snapshot():
            digest.update(chunk)
        return digest.hexdigest()

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        self._table.check()
        self._clients.check()

    def _apply_batch(self, entry: Entry) -> AppliedBatch | None:
        try:
            batch = decode_batch(entry.data)
        except ValueError as error:
            self._fail(
                f"entry {entry.index} says it is a batch and cannot be read: {error}; "
                "it was proposed so: keep the data directory and report it",
                error,
            )
        session = self._table.enter(batch.session, batch.clock_ms)
        if session is None:
            return None
        self._clients.expire(self._table.time_ms)
        if batch.floor > session.floor:
            session.raise_floor(batch.floor)
        sequence = batch.sequence
        if sequence <= session.floor:
            return None
        stored = session.results.get(sequence)
        if stored is not None:
            return AppliedBatch(entry.index, batch.session, sequence, stored.copy(), repeated=True)
        results = session.results[sequence] = self._run(batch, entry.index)
        # The caller gets a list of its own: one that it sorts must not change what replicas agree on.
        return AppliedBatch(entry.index, batch.session, sequence, results.copy())

    def _run(self, batch: Batch, index: Index) -> list[Any]:
        results: list[Any] = []
        try:
            done = 0
            for call in batch.keyed:
                self._run_commands(batch.commands[done : call.first], results)
                done = call.first + call.count
                self._run_keyed(call, batch.commands[call.first : done], results, index)
            self._run_commands(batch.commands[done:] if done else batch.commands, results)
        except Exception as error:
            where = f"apply() of command {len(results) + 1} of {len(batch.commands)} in entry {index}"
            self._fail(self._blame(where, error), error)
        except BaseException:
            self._failure = f"entry {index} was interrupted half-way; restart the node"
            raise
        return results

    def _run_commands(self, commands: list[bytes], results: list[Any]) -> None:
        append = results.append
        apply = self.machine.apply
        for command in commands:
            try:
                append(apply(command))
            except CommandError as refusal:
                append(plain_refusal(refusal))

    def _run_keyed(self, call: KeyedCall, commands: list[bytes], results: list[Any], index: Index) -> None:
        """Run them unless that was done before, or may have been."""
        key, now_ms = call.key, self._table.time_ms
        if not key.session.index:
            self._clients.open(index, key.session.nonce, now_ms)
            results.append(SessionOpened(index))
            return
        digest = digest_of(commands)
        known = self._clients.find(key, digest, now_ms)
        if isinstance(known, KeyRefused):
            results += [known] * len(commands)
        elif known is not None:
            results += map(self._codec.decode, known)
        else:
            first = len(results)
            self._run_commands(commands, results)
            self._clients.keep(key, digest, [self._codec.encode(result) for result in results[first:]])

    def _blame(self, where: str, error: Exception) -> str:
        return (
            f"the state machine {type(self.machine).__name__} raised {error!r} in {where}; "
            "it would on every node: correct the machine (it refuses a command by raising CommandError) and restart, "
            "the log is not lost"
        )

    def _fail(self, reason: str, cause: Exception | None = None) -> NoReturn:
        self._failure = reason
        raise MachineFailedError(reason) from cause

    def _refuse_if_failed(self) -> None:
        if self._failure is not None:
            raise MachineFailedError(self._failure)


class _SnapshotStream:
    """A captured state, encoded while it is read."""

    def __init__(
        self,
        header: SnapshotHeader,
        sessions: list[CapturedSession],
        clients: Captured,
        codec: ResultCodec,
        inner: Iterable[bytes],
    ) -> None:
        self._header = header
        self._sessions = sessions
        self._clients = clients
        self._codec = codec
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        header = frame(_encoder.encode(self._header))
        frames = chain((header,), encode_sessions(self._sessions, self._codec), encode_clients(self._clients))
        return chain(coalesce(frames), self._inner)


def _detached(state: bytes | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(state, bytes):
        return (state,)
    return list(state) if isinstance(state, Generator) else state


def _read_header(reader: ChunkReader) -> SnapshotHeader:
    try:
        header = _headers.decode(reader.frame(_HEADER_LIMIT))
    except ValueError as error:
        raise DamagedError(f"snapshot: its header is unreadable: {error}; {REMEDY}") from error
    if header.format != FORMAT:
        raise DamagedError(f"snapshot: its header says {header.format!r}, expected {FORMAT!r}; {REMEDY}")
    if not 1 <= header.version <= VERSION:
        raise MismatchError(
            f"snapshot: written in version {header.version} of its format, this quorate reads up to version {VERSION}; "
            "run the version that wrote it, or a newer one"
        )
    return header
