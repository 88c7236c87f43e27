"""Client sessions: what is remembered, for how long, and what is never run (S-C6, R37)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.builders import ALICE, Answering, Journal, cut, cuts
from quorate.core.entry import Batch, Entry, EntryKind, KeyedCall, SessionId, encode_batch
from quorate.core.errors import DamagedError, InvariantError
from quorate.core.keys import KEY_REUSED, SESSION_EXPIRED, ClientSession, Key, KeyRefused, SessionOpened, opening
from quorate.core.machine import CommandError, ResultGone
from quorate.machines.client_sessions import (
    LIMITS,
    OVERHEAD_BYTES,
    ClientSessions,
    SessionLimits,
    digest_of,
    encode_clients,
    read_clients,
)
from quorate.machines.kv import KeyValueMachine
from quorate.machines.results import ResultKind, StoredResult
from quorate.machines.sessions import SessionedMachine
from quorate.machines.stream import ChunkReader, frame

EXPIRED = KeyRefused(SESSION_EXPIRED)
MINUTE = 60_000


class Group:
    """A machine and the nodes that propose to it. Each call is a batch of its own."""

    def __init__(self, limits: SessionLimits = LIMITS, machine: Any = None) -> None:
        self.machine = SessionedMachine(machine or Journal(), limits)
        self.sequences: dict[SessionId, int] = {}
        self.clock_ms = 1_000_000

    def propose(self, key: Key | None, *commands: bytes, node: SessionId = ALICE) -> list[Any]:
        sequence = self.sequences[node] = self.sequences.get(node, 0) + 1
        keyed = [] if key is None else [KeyedCall(0, len(commands), key)]
        batch = Batch(node, sequence, sequence - 1, list(commands), self.clock_ms, keyed)
        applied = self.machine.apply(Entry(self.machine.applied + 1, 1, EntryKind.BATCH, encode_batch(batch), 0))
        self.machine.check()
        assert applied is not None
        return applied.results

    def open(self, nonce: int = 5) -> ClientSession:
        (opened,) = self.propose(opening(nonce), b"")
        assert opened == SessionOpened(self.machine.applied)
        return ClientSession(opened.index, nonce)

    def through_a_snapshot(self) -> None:
        """Go on as a node that took it over."""
        copy = SessionedMachine(Journal(), self.machine._limits)
        copy.restore(self.machine.snapshot())
        assert copy.digest() == self.machine.digest()
        self.machine = copy


BOB = SessionId(node=2, disk=88, incarnation=1)


class TestOnce:
    def test_s_c6_a_request_runs_once_whichever_nodes_it_comes_through(self) -> None:
        group = Group()
        key = Key(group.open(), 1)
        assert group.propose(key, b"a", b"refuse b") == [1, CommandError("no refuse b", "unwanted")]
        for node in (BOB, ALICE, BOB):
            assert group.propose(key, b"a", b"refuse b", node=node) == [1, CommandError("no refuse b", "unwanted")]
        assert group.machine.machine.lines == [b"a"]

    def test_s_c6_what_was_remembered_goes_through_a_snapshot(self) -> None:
        group = Group()
        key = Key(group.open(), 1)
        group.propose(key, b"a")
        group.through_a_snapshot()
        assert group.propose(key, b"a", node=BOB) == [1]
        assert group.propose(Key(key.session, 2), b"b") == [2]
        assert group.machine.machine.lines == [b"a", b"b"]

    def test_a_request_of_no_commands_is_one_too(self) -> None:
        group = Group()
        key = Key(group.open(), 1)
        assert group.propose(key) == group.propose(key) == []

    def test_others_in_the_same_batch_run_each_time(self) -> None:
        group = Group()
        key = Key(group.open(), 1)
        for node, sequence in ((ALICE, 9), (BOB, 9)):
            keyed = [KeyedCall(1, 2, key), KeyedCall(4, 1, opening(8))]
            data = encode_batch(Batch(node, sequence, 8, [b"x", b"a", b"b", b"y", b"", b"z"], 0, keyed))
            applied = group.machine.apply(Entry(group.machine.applied + 1, 1, EntryKind.BATCH, data, 0))
        assert applied is not None
        assert applied.results == [6, 2, 3, 7, SessionOpened(3), 8]
        assert group.machine.machine.lines == [b"x", b"a", b"b", b"y", b"z", b"x", b"y", b"z"]

    def test_the_same_number_for_another_request_is_refused(self) -> None:
        group = Group()
        key = Key(group.open(), 1)
        group.propose(key, b"ab", b"c")
        assert group.propose(key, b"a", b"bc") == [KeyRefused(KEY_REUSED)] * 2
        assert group.propose(key, b"abc") == [KeyRefused(KEY_REUSED)]
        assert group.machine.machine.lines == [b"ab", b"c"]

    def test_requests_of_one_session_may_come_in_any_order(self) -> None:
        group = Group()
        session = group.open()
        assert group.propose(Key(session, 7), b"g") == [1]
        assert group.propose(Key(session, 3), b"c") == [2]
        assert group.propose(Key(session, 7), b"g") == [1]

    def test_a_result_that_cannot_be_kept_is_gone_when_it_is_asked_again(self) -> None:
        group = Group(machine=Answering(x=object()))
        key = Key(group.open(), 1)
        assert isinstance(group.propose(key, b"x")[0], object)
        assert group.propose(key, b"x") == [ResultGone()]

    def test_what_is_no_result_of_the_machine_survives_a_machine_with_types(self) -> None:
        """A storm found snapshots that differed: a session's index was no result of the key-value machine."""
        machine = SessionedMachine(KeyValueMachine())
        keyed = [KeyedCall(0, 1, opening(7)), KeyedCall(1, 1, Key(ClientSession(99, 1), 1))]
        data = encode_batch(Batch(ALICE, 1, 0, [b"", b"x"], 0, keyed))
        machine.apply(Entry(1, 1, EntryKind.BATCH, data, 0))
        copy = SessionedMachine(KeyValueMachine())
        copy.restore(machine.snapshot())
        assert copy.results_of(ALICE, 1) == [SessionOpened(1), EXPIRED]
        assert copy.digest() == machine.digest()


class TestNeverTwice:
    """What is forgotten is refused, because it may have run before (R37)."""

    def test_a_session_that_nobody_opened(self) -> None:
        group = Group()
        session = group.open()
        for stranger in (ClientSession(99, 5), ClientSession(session.index, 6)):
            assert group.propose(Key(stranger, 1), b"a") == [EXPIRED]
        assert group.machine.machine.lines == []

    def test_what_the_client_called_settled(self) -> None:
        group = Group()
        session = group.open()
        for sequence in (1, 2, 3):
            group.propose(Key(session, sequence, settled=sequence - 1), b"a")
        assert group.propose(Key(session, 2), b"a") == [EXPIRED]
        assert group.propose(Key(session, 3), b"a") == [3]
        assert group.machine._clients.capture()[0][0].answers == 1

    def test_a_request_that_calls_itself_settled_is_answered_all_the_same(self) -> None:
        group = Group()
        key = Key(group.open(), 1, settled=2**40)
        assert group.propose(key, b"a") == group.propose(key, b"a") == [1]

    def test_a_session_that_was_idle_for_too_long_by_the_logs_time(self) -> None:
        group = Group(SessionLimits(idle_ms=10 * MINUTE))
        old, young = group.open(1), group.open(2)
        group.propose(Key(old, 1), b"a")
        group.clock_ms += 9 * MINUTE
        group.propose(Key(young, 1), b"b")
        group.clock_ms += MINUTE
        group.propose(None, b"c")
        assert group.propose(Key(old, 1), b"a") == [EXPIRED]
        assert group.propose(Key(young, 1), b"b") == [2]
        assert len(group.machine._clients) == 1

    def test_asking_again_is_use_too(self) -> None:
        group = Group(SessionLimits(idle_ms=10 * MINUTE))
        key = Key(group.open(), 1)
        group.propose(key, b"a")
        for _ in range(5):
            group.clock_ms += 9 * MINUTE
            assert group.propose(key, b"a") == [1]

    def test_more_sessions_than_there_may_be(self) -> None:
        group = Group(SessionLimits(sessions=2))
        first, second = group.open(1), group.open(2)
        group.propose(Key(first, 1), b"a")
        third = group.open(3)
        assert group.propose(Key(second, 1), b"x") == [EXPIRED]
        assert group.propose(Key(first, 1), b"a") == [1]
        assert group.propose(Key(third, 1), b"b") == [2]

    def test_a_client_that_never_settles_keeps_its_newest(self) -> None:
        group = Group(SessionLimits(results=3))
        session = group.open()
        for sequence in range(1, 6):
            group.propose(Key(session, sequence), b"%d" % sequence)
        assert [group.propose(Key(session, sequence), b"%d" % sequence) for sequence in range(1, 6)] == [
            [EXPIRED],
            [EXPIRED],
            [3],
            [4],
            [5],
        ]

    def test_more_bytes_than_there_may_be(self) -> None:
        size = 2 * OVERHEAD_BYTES + 1
        group = Group(SessionLimits(result_bytes=3 * size))
        first, second = group.open(1), group.open(2)
        for sequence in (1, 2, 3):
            group.propose(Key(first, sequence), b"a")
        assert group.machine._clients.result_bytes == 3 * size
        group.propose(Key(second, 1), b"b")
        assert group.propose(Key(first, 3), b"a") == [EXPIRED]
        for sequence in (2, 3, 4):
            group.propose(Key(second, sequence), b"b")
        assert group.propose(Key(second, 1), b"b") == [EXPIRED]
        assert group.propose(Key(second, 2), b"b") == [5]
        assert group.machine._clients.result_bytes == 3 * size

    def test_one_large_result_is_kept_whatever_its_size(self) -> None:
        group = Group(SessionLimits(result_bytes=10), Answering(x=b"y" * 100))
        key = Key(group.open(), 1)
        assert group.propose(key, b"x") == group.propose(key, b"x") == [b"y" * 100]


steps = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(0, 4), st.sampled_from([b"a", b"b"]))
    | st.integers(1, 20 * MINUTE)
    | st.just("open")
    | st.just("snapshot"),
    max_size=40,
)


@given(steps)
def test_s_c6_whatever_comes_nothing_runs_twice_and_repeats_are_answered_as_the_first(steps: list[Any]) -> None:
    group = Group(SessionLimits(idle_ms=30 * MINUTE, sessions=2, results=3, result_bytes=1000))
    sessions = [ClientSession(12345, 1)]
    ran: dict[tuple[ClientSession, int], tuple[bytes, list[Any]]] = {}
    for step in steps:
        if step == "open":
            sessions.append(group.open(len(sessions)))
        elif step == "snapshot":
            group.through_a_snapshot()
        elif isinstance(step, int):
            group.clock_ms += step
        else:
            which, sequence, settled, command = step
            session = sessions[which % len(sessions)]
            before = len(group.machine.machine.lines)
            results = group.propose(Key(session, sequence, settled), command)
            came = len(group.machine.machine.lines) - before
            if came:
                assert (session, sequence) not in ran, "run twice"
                ran[session, sequence] = command, results
            elif not isinstance(results[0], KeyRefused):
                assert ran[session, sequence] == (command, results)
            elif results[0].reason == KEY_REUSED:
                assert ran[session, sequence][0] != command


def clients() -> ClientSessions:
    sessions = ClientSessions()
    sessions.open(3, 7, 10)
    sessions.open(4, 8, 20)
    for sequence in (2, 1):
        key = Key(ClientSession(3, 7), sequence)
        assert sessions.find(key, b"12345678", 30) is None
        sessions.keep(key, b"12345678", [StoredResult(ResultKind.VALUE, b"\x05"), StoredResult(ResultKind.GONE, b"")])
    return sessions


@given(cuts())
def test_sessions_come_back_from_any_cut_in_their_order(borders: list[int]) -> None:
    sessions = clients()
    stream = b"".join(encode_clients(sessions.capture()))
    reader = ChunkReader(cut(stream, borders))
    copy = read_clients(reader, len(sessions))
    reader.expect_end()
    copy.check()
    assert copy.capture() == sessions.capture()
    assert copy.result_bytes == sessions.result_bytes
    assert [record.index for record, _ in copy.capture()] == [4, 3]


def test_a_capture_does_not_follow_later_requests() -> None:
    sessions = clients()
    captured = sessions.capture()
    before = [(record, list(answers)) for record, answers in captured]
    sessions.find(Key(ClientSession(3, 7), 9, settled=8), b"", 40)
    assert captured == before


def test_damaged_sessions_are_refused() -> None:
    stream = b"".join(encode_clients(clients().capture()))
    for damaged in (frame(b"\xc1") + stream, stream[:-1], frame(msgspec.msgpack.encode([1, 2]))):
        with pytest.raises(DamagedError):
            read_clients(ChunkReader([damaged]), 2)


def test_requests_are_told_apart_by_their_commands_and_not_by_where_they_are_cut() -> None:
    requests: list[list[bytes]] = [[], [b""], [b"", b""], [b"ab"], [b"a", b"b"], [b"b", b"a"]]
    assert len({digest_of(commands) for commands in requests}) == len(requests)


def test_check_finds_what_should_not_be() -> None:
    for spoil, words in (
        (lambda sessions: setattr(sessions, "result_bytes", 1), "the client sessions does not add up"),
        (lambda sessions: setattr(sessions._sessions[3, 7], "floor", 2), "at or below its floor 2"),
        (lambda sessions: setattr(sessions._sessions[3, 7], "size", 2), "its size does not add up"),
        (lambda sessions: setattr(sessions._sessions[4, 8], "used_ms", 99), "not in the order of their use"),
    ):
        sessions = clients()
        sessions.check()
        spoil(sessions)
        with pytest.raises(InvariantError, match=words):
            sessions.check()
