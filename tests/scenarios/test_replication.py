"""The log goes from the leader to the others, and is repaired: scenarios S-R1, S-R4 to S-R10 and S-R13."""

from collections.abc import Callable

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, noop, sends
from algorithms.raft.scenes import acknowledge, batch, follower, leader, ready_leader
from algorithms.raft.table import Table
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply
from quorate.algorithms.raft.progress import Mode
from quorate.core.durable import LogPoint
from quorate.core.effects import Persist, Rejected, Send
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.snapshot import SnapshotMeta
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]


def test_s_r1_a_proposal_is_sent_to_all_and_written(golden: Golden) -> None:
    """The own disk works while the followers' do: the Sends stand before the Persist."""
    stage = Stage(3, seed=4)
    chief = stage.elect()
    stage.run(HEARTBEAT_NS // 2)
    transcript = Transcript("One proposal, from the leader to every disk (S-R1)").watch(stage.servers.values())
    transcript.note(f"node {chief.node} leads; a caller proposes there")
    mark = len(chief.all_effects)
    stage.touch(chief.node, lambda server: server.propose(b"hello"))
    entry = chief.state.log.entry(2)
    append = Append(1, chief.state.round, 1, 1, 1, (entry,))
    others = [node for node in stage.members if node != chief.node]
    assert chief.all_effects[mark:] == [*(Send(n, append) for n in others), Persist(3, entries=(entry,), commit=1)]
    stage.run_until(lambda: all(entry in server.applied for server in stage.servers.values()))
    golden("one_proposal", transcript)


def test_s_r1_each_command_goes_once_to_each_peer_and_idle_is_quiet() -> None:
    stage = Stage(3, seed=4)
    chief = stage.elect()
    posted: list[Append] = []
    passing = stage.delay

    def watching(sender: int, to: int, message: object) -> int | None:
        if isinstance(message, Append):
            posted.append(message)
        return passing(sender, to, message)  # type: ignore[arg-type]

    stage.delay = watching
    for number in range(100):
        stage.touch(chief.node, lambda server, number=number: server.propose(b"x", number + 1))
        stage.run(HEARTBEAT_NS // 100)
    stage.run(HEARTBEAT_NS)
    carried = [entry.index for append in posted for entry in append.entries]
    assert sorted(carried) == sorted([*range(2, 102), *range(2, 102)]), "no entry twice to the same peer"
    assert len(posted) <= 2 * 200 + 8, "an Append with it and one that tells of the commit, a peer"
    posted.clear()
    stage.run(20 * HEARTBEAT_NS)
    assert 38 <= len(posted) <= 42, "idle: one heartbeat an interval to each"


# S-R4: what a follower does with every kind of Append. Its log: 1 and 2 of term 1, 3 to 5 of term 3; the first two are committed.
APPENDS: dict[str, tuple[Append, int | None, list[int], bool | None]] = {
    "prev before the log, new entries agree": (Append(4, 1, 0, 0, 0, log_of(1, 1, 3)), 3, [], None),
    "prev in the log, all duplicates": (Append(4, 1, 3, 3, 0, log_of(3, 3, start=3)), 5, [], None),
    "prev at the end, new": (Append(4, 1, 5, 3, 0, log_of(4, 4, start=5)), 7, [6, 7], None),
    "part duplicate, part new": (Append(4, 1, 4, 3, 0, log_of(3, 4, start=4)), 6, [6], None),
    "conflict at once": (Append(4, 1, 2, 1, 0, log_of(4, start=2)), 3, [3], True),
    "duplicate, then conflict, then new": (Append(4, 1, 2, 1, 0, log_of(3, 4, 4, 4, start=2)), 6, [4, 5, 6], True),
    "prev beyond the end": (Append(4, 1, 7, 3, 0, log_of(4, start=7)), None, [], None),
    "prev of another term": (Append(4, 1, 4, 2, 0, log_of(4, start=4)), None, [], None),
    "empty, agrees, log longer": (Append(4, 1, 3, 3, 0), 3, [], None),
    "empty, does not agree": (Append(4, 1, 5, 4, 0), None, [], None),
}


@pytest.mark.parametrize("name", APPENDS)
def test_s_r4_r16_r17_the_append_table(name: str) -> None:
    """Rules R16 and R17 among them: duplicates remove nothing, and only what was verified is acknowledged."""
    append, match, written, cut = APPENDS[name]
    server = follower(leader=3, term=4, entries=log_of(1, 1, 3, 3, 3), commit=0)
    server.receive(3, Append(4, 1, 2, 1, 2))
    before = server.terms
    effects = acts(server.receive(3, append))
    persists = [effect for effect in effects if isinstance(effect, Persist)]
    assert [entry.index for persist in persists for entry in persist.entries] == written
    assert [persist.truncate_from for persist in persists if persist.truncate_from] == ([written[0]] if cut else [])
    ((to, reply),) = sends(effects)
    assert (to, reply.ok, reply.match) == (3, match is not None, match or 0)
    if match is None:
        assert server.terms == before
    if persists:
        assert effects.index(persists[0]) < effects.index(Send(3, reply)), "written before it is acknowledged"


def test_s_r4_r16_prev_inside_and_at_the_snapshot_is_no_conflict() -> None:
    """Rule R16: what the snapshot covers is committed, so it agrees with every leader, kept or not."""
    meta = SnapshotMeta(4, 2, (1, 2, 3), 5, "d")
    for prev, prev_term in ((2, 1), (3, 2), (4, 2)):
        server = follower(
            leader=3, term=4, start=LogPoint(3, 2), entries=log_of(2, 2, start=3), snapshot=meta, commit=4
        )
        entries = log_of(1, 2, 2, 2, 4, start=1)[prev - 1 :]
        effects = acts(server.receive(3, Append(4, 1, prev, prev_term, 0, entries)))
        assert effects == [
            Persist(1, entries=(noop(6, 4),), commit=4),
            Send(3, AppendReply(4, 1, ok=True, match=6)),
        ]


def test_s_r4_a_committed_entry_is_never_dropped() -> None:
    server = follower(leader=3, term=4, entries=log_of(1, 1, 3), commit=0)
    server.receive(3, Append(4, 1, 3, 3, 3))
    with pytest.raises(InvariantError, match="would drop committed entry 2"):
        server.receive(3, Append(4, 1, 1, 1, 0, log_of(4, start=1)))


def test_s_r4_a_damaged_entry_is_not_stored_and_not_answered() -> None:
    """A refusal would say that the logs differ. The sender's copy may be sound: its next heartbeat starts the repair."""
    server = follower(leader=3, term=1)
    bad = Entry(1, 1, 1, b"bit rot", 123)
    effects = server.receive(3, Append(1, 1, 0, 0, 0, (bad,)))
    assert acts(effects) == []
    assert (server.terms, effects[0].reason) == ([], "entry_damaged")


FIGURE_7 = {
    "a": (1, 1, 1, 4, 4, 5, 5, 6, 6),
    "b": (1, 1, 1, 4),
    "c": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6),
    "d": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7),
    "e": (1, 1, 1, 4, 4, 4, 4),
    "f": (1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
}
LEADER_LOG = (1, 1, 1, 4, 4, 5, 5, 6, 6, 6)


@pytest.mark.parametrize("name", FIGURE_7)
def test_s_r5_the_followers_of_figure_7_are_repaired(name: str, golden: Golden) -> None:
    """The paper's Figure 7: a leader of term 8 comes to power over each of these logs."""
    chief = Server(1, term=7, entries=log_of(*LEADER_LOG))
    other = Server(2, term=7, entries=log_of(*FIGURE_7[name]), seed=2)
    table = Table(chief, other, Server(3, term=7, entries=log_of(*LEADER_LOG[:3]), seed=3))
    transcript = Transcript(f"Follower ({name}) of the paper's Figure 7 is repaired (S-R5)")
    chief.time_out()
    table.drop = lambda sender, to, _m: 2 in (sender, to)
    table.settle()
    assert table.leaders == [1]
    transcript.watch([chief, other])
    transcript.note(f"node 1 leads with the terms {LEADER_LOG} and 8, node 2 has {FIGURE_7[name]}")
    table.heal()
    chief.wait(HEARTBEAT_NS)
    table.settle()
    assert other.terms == [*LEADER_LOG, 8] == chief.terms
    if name == "f":
        golden("figure_7_f", transcript)


def _repair(ours: list[int], theirs: list[int], term: int) -> tuple[Server, Server, list[AppendReply]]:
    """Node 1 with the log `ours` leads `term`, by votes from elsewhere; node 2's log is made equal. Returns both, and the refusals."""
    refusals: list[AppendReply] = []
    chief = leader(1, term=term, entries=log_of(*ours))
    table = Table(chief, Server(2, term=term - 1, entries=log_of(*theirs), seed=2))

    def noting(_sender: int, _to: int, message: object) -> bool:
        if isinstance(message, AppendReply) and not message.ok:
            refusals.append(message)
        return False

    table.drop = noting
    chief.wait(HEARTBEAT_NS)
    table.settle()
    return chief, table[2], refusals


def test_s_r6_r21_hints_skip_whole_terms_on_both_sides() -> None:
    """Rule R21: the round trips are as many as the differing terms, not as the entries."""
    ours = [1] * 5 + [4] * 60 + [9] * 2
    theirs = [1] * 5 + [2] * 70 + [3] * 80 + [5] * 90
    chief, other, refusals = _repair(ours, theirs, term=10)
    assert other.terms == chief.terms
    assert len(refusals) <= 4, refusals


@pytest.mark.parametrize("count", [50, 500])
def test_s_r6_r21_any_number_of_diverged_entries_converges(count: int) -> None:
    theirs = [1] + [2 + index // 10 for index in range(count)]
    chief, other, refusals = _repair([1, 300, 300], theirs, term=400)
    assert other.terms == chief.terms == [1, 300, 300, 400]
    assert len(refusals) <= 2


def test_s_r7_late_refusals_never_push_next_to_or_below_match() -> None:
    server = ready_leader(entries=log_of(1, 1, 1))
    progress = server.state.progress[2]
    assert (progress.match, progress.next) == (4, 5)
    for refused in range(5):
        server.receive(2, AppendReply(2, 1, ok=False, refused_prev=refused, hint_index=0, hint_term=0))
        assert (progress.match, progress.next, progress.mode) == (4, 5, Mode.REPLICATE)
    server.receive(2, AppendReply(2, 9, ok=False, refused_prev=7, hint_index=0, hint_term=0))
    assert (progress.match, progress.next, progress.mode) == (4, 5, Mode.PROBE)


def test_s_r7_a_refusal_of_an_earlier_probe_is_ignored() -> None:
    server = leader(term=5, entries=log_of(1, 2, 3, 4))
    first = AppendReply(5, 1, ok=False, refused_prev=4, hint_index=3, hint_term=2)
    server.receive(2, first)
    progress = server.state.progress[2]
    assert (progress.mode, progress.next) == (Mode.PROBE, 3)
    assert server.receive(2, first) == []
    assert progress.next == 3


def test_s_r7_old_acknowledgments_are_ignored() -> None:
    server = ready_leader(entries=log_of(1, 1))
    for match in (0, 1, 2):
        assert server.receive(2, AppendReply(2, 1, ok=True, match=match)) == []
    assert server.state.progress[2].match == 3
    effects = server.receive(2, AppendReply(2, 1, ok=True, match=99))
    assert (acts(effects), effects[0].reason) == ([], "match_beyond_log")


def test_s_r7_r16_reordered_appends_end_in_the_same_log() -> None:
    """Rule R16: each Append arrives in every order, twice; the answer never claims what is not there."""
    entries = log_of(1, 1, 1, 1)
    appends = [Append(1, n + 1, n, 1 if n else 0, 0, entries[n : n + 1]) for n in range(4)]
    for order in ((3, 2, 1, 0), (0, 2, 1, 3), (1, 0, 3, 2), (0, 1, 2, 3)):
        server = follower(leader=3, term=1)
        for at in (*order, *reversed(order), *order, *order):
            for _, reply in sends(server.receive(3, appends[at])):
                assert reply.match <= len(server.terms)
        assert server.terms == [1, 1, 1, 1]


def test_s_r7_a_peer_that_lost_what_it_had_confirmed_is_told_of_once() -> None:
    """Asked again after it had confirmed 4, it no longer has it: that is no stale refusal, and no repair must hide it."""
    server = ready_leader(entries=log_of(1, 1, 1))
    progress = server.state.progress[2]
    server.wait(HEARTBEAT_NS)
    assert server.state.round > progress.match_round
    refusal = AppendReply(2, server.state.round, ok=False, refused_prev=4, hint_index=2, hint_term=1)
    effects = server.receive(2, refusal)
    assert [(effect.reason, effect.fields) for effect in effects] == [
        ("peer_lost_entries", {"peer": 2, "match": 4, "held": 2})
    ]
    assert server.receive(2, refusal) == [], "said once in a leadership"
    assert (progress.match, progress.next) == (4, 5)


def test_s_r8_probe_sends_one_and_waits() -> None:
    server = leader(entries=log_of(1))
    assert server.state.progress[2].mode is Mode.PROBE
    for number in range(5):
        effects = server.propose(b"x", number + 1)
        assert sends(effects) == [], "one is under way to each already"
    assert server.state.progress[2].next == 2


def test_s_r8_replicate_is_optimistic() -> None:
    server = ready_leader()
    for number in range(5):
        assert [to for to, _ in sends(server.propose(b"x", number + 1))] == [2, 3]
    progress = server.state.progress[2]
    assert (progress.mode, progress.match, progress.next, len(progress.window)) == (Mode.REPLICATE, 1, 7, 5)


def test_s_r9_the_window_fills_stops_slides_and_is_revived(golden: Golden) -> None:
    """In messages: two may be unanswered. Acks slide it, old acks do not; a heartbeat goes out all the same, and its answer revives."""
    server = ready_leader(config=RaftConfig(commit_delay_ms=0, inflight_messages=2))
    transcript = Transcript("A window of two Appends (S-R9)").watch([server])
    transcript.note("four proposals: two go out")
    sent = [[to for to, _ in sends(server.propose(b"x", number))] for number in (1, 2, 3, 4)]
    assert sent == [[2, 3], [2, 3], [], []]
    server.disk()
    transcript.note("an old acknowledgment slides nothing")
    assert server.receive(2, AppendReply(2, 3, ok=True, match=1)) == []
    transcript.note("the first is acknowledged: one more goes out, with all that waits")
    append = next(m for to, m in sends(server.receive(2, AppendReply(2, 4, ok=True, match=2))) if m.entries)
    assert [entry.index for entry in append.entries] == [4, 5]
    transcript.note("node 3 is silent: its heartbeat goes out although its window is full")
    beats = sends(server.wait(HEARTBEAT_NS))
    assert [m.prev_index for to, m in beats if to == 3] == [3]
    transcript.note("its answer says that everything before the heartbeat has arrived")
    append = next(m for to, m in sends(server.receive(3, AppendReply(2, 7, ok=True, match=3))) if m.entries)
    assert [entry.index for entry in append.entries] == [4, 5]
    golden("window", transcript)


def test_s_r9_the_window_in_bytes() -> None:
    """Full at 100 bytes under way; the message that crosses the line still goes."""
    server = ready_leader(config=RaftConfig(inflight_bytes=100))
    sent = [[to for to, _ in sends(server.propose(b"x" * 60, number))] for number in (1, 2, 3)]
    assert sent == [[2, 3], [2, 3], []]
    server.disk()
    server.receive(2, AppendReply(2, 9, ok=True, match=2))
    assert server.state.progress[2].window_bytes == 120, "60 of the second, 60 of the third"


def test_s_r10_a_heartbeat_answer_gets_a_probing_peer_going_again() -> None:
    """The probe was lost; no new entry is needed for the repair."""
    server = leader(entries=log_of(1))
    beats = sends(server.wait(HEARTBEAT_NS))
    assert [(to, m.prev_index, m.entries) for to, m in beats] == [(2, 1, ()), (3, 1, ())]
    effects = sends(server.receive(2, AppendReply(2, 3, ok=True, match=1)))
    assert [(to, m.prev_index, [e.index for e in m.entries]) for to, m in effects] == [(2, 1, [2])]
    assert server.state.progress[2].mode is Mode.REPLICATE


def test_s_r13_uncommitted_bytes_are_limited_and_large_entries_pass_on_an_empty_tail() -> None:
    config = RaftConfig(uncommitted_bytes=100, entry_bytes=1000)
    server = ready_leader(config=config)
    assert not any(isinstance(e, Rejected) for e in server.propose(b"x" * 1000, 1)), "on an empty tail anything legal"
    assert server.propose(b"y", 2) == [Rejected(2, "busy", hint=1)]
    assert server.propose(b"x" * 1001, 3) == [Rejected(3, "too_large", hint=1)]
    server.disk()
    acknowledge(server, [2])
    assert server.state.uncommitted_bytes == 0
    assert not any(isinstance(e, Rejected) for e in server.propose(b"y" * 100, 4))
    assert server.propose(b"y", 5) == [Rejected(5, "busy", hint=1)]


def test_s_r13_also_during_a_long_partition_and_no_ops_pass() -> None:
    """A tail taken over from an earlier leader counts, and the first entry of the term goes on top of it."""
    config = RaftConfig(uncommitted_bytes=100)
    server = leader(term=3, entries=(batch(1, 1, b"x" * 100), batch(2, 1, b"x" * 50)), config=config)
    assert server.terms == [1, 1, 3]
    assert server.state.uncommitted_bytes == 150
    for number in range(100):
        assert server.propose(b"y", number + 1) == [Rejected(number + 1, "busy", hint=1)]
    server.wait(2 * ELECTION_NS)
    assert (server.leads, server.state.uncommitted_bytes) == (False, 0)
