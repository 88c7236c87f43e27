"""Sessions: incarnations, floors, and the way through a snapshot."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.builders import ALICE, BOB, cut, cuts
from quorate.core.entry import SessionId
from quorate.core.errors import DamagedError, InvariantError
from quorate.core.machine import CommandError, ResultGone
from quorate.machines import session_table as module
from quorate.machines.results import ResultCodec
from quorate.machines.session_table import IDLE_MS, MAX_MS, Session, SessionTable, encode_sessions, read_sessions
from quorate.machines.stream import ChunkReader, frame


def entered(table: SessionTable, identity: SessionId) -> Session:
    session = table.enter(identity)
    assert session is not None
    return session


def test_a_session_is_the_same_one_each_time() -> None:
    table = SessionTable()
    entered(table, ALICE).results[1] = ["a"]
    assert entered(table, ALICE).results == {1: ["a"]}
    assert entered(table, BOB).results == {}
    assert len(table) == 2


def test_a_newer_incarnation_ends_the_older_one_for_good() -> None:
    table = SessionTable()
    entered(table, ALICE).results[1] = ["a"]
    newer = SessionId(ALICE.node, ALICE.disk, 2)
    assert entered(table, newer).results == {}
    assert table.enter(ALICE) is None
    assert table.results_of(ALICE, 1) is None
    assert len(table) == 1


def test_another_disk_of_the_same_node_is_another_session() -> None:
    table = SessionTable()
    entered(table, ALICE).results[1] = ["a"]
    entered(table, SessionId(ALICE.node, 78, 9))
    assert table.results_of(ALICE, 1) == ["a"]


def test_time_is_how_far_the_clocks_have_come_and_not_where_they_stand() -> None:
    table = SessionTable()
    table.enter(ALICE, 5_000_000)
    assert table.time_ms == 0
    table.enter(ALICE, 5_000_700)
    assert table.time_ms == 700
    table.enter(BOB, 3)
    assert table.time_ms == 700
    table.enter(BOB, 103)
    table.enter(ALICE, 5_000_750)
    assert table.time_ms == 800
    table.enter(ALICE, 4_000_000)
    assert table.time_ms == 800
    table.enter(ALICE, 5_000_900)
    assert table.time_ms == 900


@pytest.mark.parametrize("clock_ms", [-(2**63), 2**64 - 1])
def test_no_clock_makes_numbers_that_a_snapshot_cannot_hold(clock_ms: int) -> None:
    table = SessionTable()
    for incarnation in range(1, 5):
        for stamp in (0, clock_ms, 0, clock_ms):
            table.enter(SessionId(1, 77, incarnation), stamp)
    assert stream_of(table)
    assert 0 <= table.time_ms <= MAX_MS


def test_a_restarted_nodes_clock_begins_anywhere() -> None:
    table = SessionTable()
    table.enter(ALICE, 5_000_000)
    table.enter(ALICE, 5_000_700)
    restarted = SessionId(ALICE.node, ALICE.disk, 2)
    table.enter(restarted, 10)
    table.enter(restarted, 30)
    assert table.time_ms == 720


def test_what_a_silent_node_had_not_settled_is_forgotten_and_its_numbers_stay_used() -> None:
    table = SessionTable()
    alice = entered(table, ALICE)
    alice.results |= {3: ["c"], 5: ["e"]}
    table.enter(BOB, 0)
    table.enter(BOB, IDLE_MS - 1)
    assert alice.results
    table.enter(BOB, IDLE_MS)
    assert (alice.floor, alice.results) == (5, {})
    table.check()


def test_no_more_disks_are_remembered_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SESSIONS", 2)
    table = SessionTable()
    for disk, clock_ms in ((1, 0), (2, 0), (1, 10), (3, 0)):
        table.enter(SessionId(1, disk, 1), clock_ms)
    assert [record.disk for record, _ in table.capture()] == [1, 3]


def test_asking_for_results_makes_no_session() -> None:
    table = SessionTable()
    assert table.results_of(ALICE, 1) is None
    assert len(table) == 0


@given(st.sets(st.integers(1, 30)), st.lists(st.integers(0, 35), max_size=6))
def test_a_floor_drops_what_is_at_or_below_it_and_never_falls(sequences: set[int], floors: list[int]) -> None:
    session = Session(1, results={sequence: [sequence] for sequence in sequences})
    for floor in floors:
        session.raise_floor(floor)
    assert session.floor == max(floors, default=0)
    assert session.results == {sequence: [sequence] for sequence in sequences if sequence > session.floor}


def test_the_cost_of_a_floor_does_not_depend_on_its_height() -> None:
    session = Session(1, results={5: [], 2**64 - 1: []})
    session.raise_floor(2**63)
    assert session.results == {2**64 - 1: []}


def test_a_capture_does_not_follow_later_batches_and_is_in_order() -> None:
    table = SessionTable()
    bob = entered(table, BOB)
    alice = entered(table, ALICE)
    alice.results[4] = ["d"]
    alice.results[3] = ["c"]
    captured = table.capture()
    alice.results[5] = ["e"]
    bob.raise_floor(9)
    assert [(record.node, record.floor, batches) for record, batches in captured] == [
        (1, 0, [(3, ["c"]), (4, ["d"])]),
        (2, 0, []),
    ]


def stream_of(table: SessionTable) -> bytes:
    return b"".join(encode_sessions(table.capture(), ResultCodec()))


results = st.lists(
    st.integers(0, 9) | st.binary(max_size=4) | st.builds(CommandError, st.text("ab")) | st.just(ResultGone())
)
identities = st.builds(SessionId, st.integers(1, 3), st.integers(0, 2**64 - 1), st.integers(1, 2**64 - 1))


@given(
    st.dictionaries(
        identities,
        st.tuples(st.integers(0, 2**64 - 1), st.dictionaries(st.integers(1, 9), results, max_size=3)),
        max_size=4,
    ),
    cuts(),
)
def test_a_table_comes_back_from_any_cut(sessions: dict[SessionId, Any], borders: list[int]) -> None:
    table = SessionTable(
        {
            (key.node, key.disk): Session(key.incarnation, floor, stored, 7 - key.node, key.node)
            for key, (floor, stored) in sessions.items()
        }
    )
    reader = ChunkReader(cut(stream_of(table), borders))
    restored = read_sessions(reader, len(table), ResultCodec())
    reader.expect_end()
    assert restored.capture() == table.capture()


def test_a_damaged_table_is_refused() -> None:
    table = SessionTable()
    entered(table, ALICE).results[1] = ["a"]
    stream = stream_of(table)
    for damaged in (
        frame(b"\xc1") + stream,
        stream[:-1],
        frame(b"\x93\x01\x02\x03"),
        stream[:-8] + frame(b"\x92\x07\xc4\x00"),
    ):
        with pytest.raises(DamagedError):
            read_sessions(ChunkReader([damaged]), 1, ResultCodec())


def test_check_finds_results_that_should_be_gone() -> None:
    table = SessionTable()
    session = entered(table, ALICE)
    session.results[3] = []
    table.check()
    session.floor = 3
    with pytest.raises(InvariantError, match="at or below its floor 3"):
        table.check()
