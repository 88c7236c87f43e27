"""What a start makes of what was durable, and the log's functions as tables: scenarios S-D2, S-D3 and S-D5."""

from random import Random

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, noop, reasons
from algorithms.raft.scenes import batch, follower
from algorithms.raft.table import Table
from quorate.algorithms.logged.keeper import APPLY_PAGE_BYTES
from quorate.algorithms.logged.log import ORIGIN, Log
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply, RaftHardState
from quorate.algorithms.raft.raft import Raft
from quorate.core.durable import Durable, HardState, Identity, LogPoint
from quorate.core.effects import Apply, Persist, Send
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.snapshot import SnapshotMeta
from scenarios.stage import Stage


def test_s_d2_r24_committed_entries_come_in_pages_none_lost_none_twice() -> None:
    """Rule R24. A page is at most a few MiB, an entry that is larger comes alone, and a restart goes on after what it finds committed."""
    sizes = [1, APPLY_PAGE_BYTES - 1, 1, 2, APPLY_PAGE_BYTES * 2, 5, APPLY_PAGE_BYTES, APPLY_PAGE_BYTES]
    entries = tuple(batch(index, 1, bytes(size)) for index, size in enumerate(sizes, start=1))
    server = Server(1, term=1, entries=entries, commit=3)
    assert [[entry.index for entry in page] for page in _pages(server.all_effects)] == [[1, 2], [3]]
    server.receive(3, Append(1, 1, 8, 1, 8))
    assert [[e.index for e in page] for page in _pages(server.all_effects)[2:]] == [[4], [5], [6], [7], [8]]
    assert [entry.index for entry in server.applied] == list(range(1, 9))
    reborn = server.reborn()
    reborn.receive(3, Append(1, 1, 8, 1, 8))
    assert [entry.index for entry in reborn.applied] == list(range(1, 9))


def _pages(effects: list) -> list[tuple[Entry, ...]]:
    return [effect.entries for effect in effects if isinstance(effect, Apply)]


def test_s_d2_appends_come_in_pages_too() -> None:
    """At most append_bytes of entries in one Append, but always at least one."""
    table = Table.of(2, RaftConfig(append_bytes=10))
    chief = table.elect(1)
    table.drop = lambda _s, to, _m: to == 2
    for number, size in enumerate((4, 4, 4, 30, 1, 9, 1), start=1):
        table.propose(1, b"x" * size)
        assert number
    table.heal()
    seen: list[list[int]] = []

    def noting(_sender: int, _to: int, message: object) -> bool:
        if isinstance(message, Append) and message.entries:
            seen.append([len(entry.data) for entry in message.entries])
        return False

    table.drop = noting
    chief.wait(HEARTBEAT_NS)
    table.settle()
    assert all(sum(sizes) <= 10 or len(sizes) == 1 for sizes in seen)
    assert table[2].terms == chief.terms


def log(*terms: int, start: LogPoint = ORIGIN) -> Log:
    """A log with these terms after `start`."""
    return Log(start, log_of(*terms, start=start.index))


@pytest.mark.parametrize(
    ("index", "term"), [(0, 0), (1, 1), (3, 2), (4, None), (-1, None)], ids=lambda value: str(value)
)
def test_s_d3_term(index: int, term: int | None) -> None:
    assert log(1, 1, 2).term_at(index) == term


@pytest.mark.parametrize(("index", "term"), [(4, None), (5, 2), (6, 3), (7, 3), (8, None)])
def test_s_d3_term_around_a_compaction(index: int, term: int | None) -> None:
    """The start's own term is known, its entry is not."""
    assert log(3, 3, start=LogPoint(5, 2)).term_at(index) == term


@pytest.mark.parametrize(
    ("term", "index", "found"),
    [(1, 9, 2), (2, 9, 4), (3, 9, 4), (4, 9, 6), (0, 9, 0), (4, 3, 3), (1, 1, 1), (2, 0, 0), (9, 5, 5)],
)
def test_s_d3_find_conflict_by_term(term: int, index: int, found: int) -> None:
    """The largest index at or below `index` whose term is at most `term`. (1:1, 2:1, 3:2, 4:2, 5:4, 6:4)"""
    assert log(1, 1, 2, 2, 4, 4).last_index_with_term_at_most(term, index) == found


@pytest.mark.parametrize(("first", "last", "indexes"), [(1, 3, [1, 2, 3]), (2, 2, [2]), (3, 2, []), (2, 9, [2, 3])])
def test_s_d3_slice(first: int, last: int, indexes: list[int]) -> None:
    assert [entry.index for entry in log(1, 1, 1).between(first, last)] == indexes


def test_s_d3_slice_of_what_is_compacted_is_an_error() -> None:
    with pytest.raises(InvariantError, match="entry 5 is compacted, the log starts after 5"):
        log(3, start=LogPoint(5, 2)).between(5, 6)


@pytest.mark.parametrize("index", [5, 6, 7])
def test_s_d3_compaction_keeps_the_rest(index: int) -> None:
    it = log(3, 4, start=LogPoint(5, 2))
    it.compact(index)
    assert (it.start.index, it.start.term) == (index, {5: 2, 6: 3, 7: 4}[index])
    assert (it.last_index, it.last_term) == (7, 4)


def test_s_d3_log_maybe_append() -> None:
    """Stored are the entries from the first that is not there; see the append table of S-R4 for all of them."""
    server = follower(leader=3, term=3, start=LogPoint(5, 2), entries=log_of(2, 3, start=5), snapshot=_meta(5, 2))
    effects = acts(server.receive(3, Append(3, 2, 3, 2, 5, log_of(2, 2, 2, 3, 3, start=3))))
    assert effects == [Persist(1, entries=(noop(8, 3),), commit=5), Send(3, AppendReply(3, 2, ok=True, match=8))]


def _meta(index: int, term: int) -> SnapshotMeta:
    return SnapshotMeta(index, term, (1, 2, 3), 5, "d")


def test_s_d3_stability_with_a_snapshot() -> None:
    """Completions of writes that a snapshot's reset made void move nothing back and vouch for nothing."""
    server = follower(leader=3, term=3)
    server.receive(3, Append(3, 2, 0, 0, 0, log_of(1, 1, 1)))
    server.state.reset_log(LogPoint(9, 2))
    server.state.snapshot = _meta(9, 2)
    server.state.written(1)
    assert (server.state.durable, server.state.commit, server.state.applied) == (9, 9, 9)


@pytest.mark.parametrize(("hint", "commit"), [(0, 0), (2, 2), (3, 3)])
def test_s_d5_committed_entries_come_back_without_a_leader(hint: int, commit: int) -> None:
    """What the stored hint says is applied at the start."""
    server = Server(1, term=1, entries=log_of(1, 1, 1), commit=hint)
    assert (server.state.commit, server.state.applied, len(server.applied)) == (commit, commit, commit)


def test_s_d5_r19_a_hint_beyond_the_log_neither_hangs_nor_applies_what_is_not_there() -> None:
    """Rule R19."""
    durable = Durable(RaftHardState(1), LogPoint(0, 0), log_of(1, 1), None, commit=7)
    raft = Raft(Identity("test", 1, 1, 1, (1, 2, 3)), RaftConfig(), durable, Random(1))
    assert raft.start(0) == [Apply(log_of(1, 1))]
    raft.check()


def test_s_d5_a_restart_from_a_snapshot_is_monotonic() -> None:
    """What the snapshot covers is committed and applied, whatever the hint says, and the log goes on after it."""
    server = Server(1, term=3, start=LogPoint(4, 1), entries=log_of(2, 2, 3, start=4), snapshot=_meta(6, 2), commit=0)
    assert (server.state.commit, server.state.applied, server.all_effects) == (6, 6, [])
    server.receive(3, Append(3, 1, 7, 3, 7))
    assert server.applied == [noop(7, 3)]


@pytest.mark.parametrize("seed", range(5))
def test_s_d6_a_restarted_follower_interrupts_nobody(seed: int) -> None:
    """It is back with an empty memory, and the leader's next message finds it: no campaign, no new term, and no proposal waits."""
    stage = Stage(3, seed=seed)
    chief = stage.elect()
    term = chief.state.term
    for number, node in enumerate([node for node in stage.members if node != chief.node] * 2, start=1):
        dead = stage.kill(node)
        stage.touch(chief.node, lambda server, number=number: server.propose(b"%d" % number, number))
        stage.run(HEARTBEAT_NS)
        assert chief.state.applied == 1 + number, "with one of three down"
        reborn = stage.revive(dead)
        stage.run(3 * ELECTION_NS)
        assert (reborn.state.leader, reborn.state.applied) == (chief.node, 1 + number)
        assert not {"pre_vote_started", "campaign_started"} & set(reasons(reborn.all_effects))
    assert (stage.leaders, {server.state.term for server in stage.servers.values()}) == ([chief.node], {term})


def test_s_d6_all_down_and_up_again_keep_everything() -> None:
    stage = Stage(3, seed=3)
    for turn in range(1, 4):
        chief = stage.elect()
        stage.touch(chief.node, lambda server, turn=turn: server.propose(b"%d" % turn, turn))
        stage.run(2 * HEARTBEAT_NS)
        for dead in [stage.kill(node) for node in stage.members]:
            stage.revive(dead)
    stage.elect()
    stage.run(2 * HEARTBEAT_NS)
    for server in stage.servers.values():
        assert server.machine is not None
        assert [data for _, _, data in server.machine.history if data] == [b"1", b"2", b"3"]


def test_r19_a_hint_is_never_above_what_its_write_makes_durable() -> None:
    """Rule R19: an Append that commits what it brings: the hint travels with the entries, and covers no more than them."""
    server = follower(leader=3, term=1)
    effects = server.receive(3, Append(1, 2, 0, 0, 9, log_of(1, 1)))
    assert effects[0] == Persist(1, entries=log_of(1, 1), commit=2)


def test_another_algorithms_hard_state_is_refused() -> None:
    class Foreign(HardState, frozen=True):
        epoch: int

    durable = Durable(hard_state=Foreign(3))
    with pytest.raises(InvariantError, match="hard state of another algorithm: Foreign"):
        Raft(Identity("test", 1, 1, 1, (1,)), RaftConfig(), durable, Random(1))
