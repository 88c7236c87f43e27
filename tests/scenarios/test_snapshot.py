"""Compaction, and snapshots for peers whose entries are gone: scenarios S-S1 to S-S5, S-S7 to S-S9 and S-S11, as far as the core goes."""

from collections.abc import Callable
from random import Random
from zlib import crc32

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, noop, reasons, sends
from algorithms.raft.scenes import acknowledge, follower, leader, ready_leader
from algorithms.raft.table import Table
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply, SnapshotChunk, SnapshotOffer, SnapshotReply
from quorate.algorithms.raft.progress import Mode
from quorate.core.durable import LogPoint
from quorate.core.effects import Apply, LoadSnapshot, Persist, ReadSnapshot, Send, WriteSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotRead, SnapshotTaken, SnapshotWritten
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]
TIGHT = RaftConfig(commit_delay_ms=0, log_tail_entries=1, snapshot_chunk_bytes=64)
STATE = b"0123456789"
META = meta_of(9, 2, STATE)


def behind(config: RaftConfig = TIGHT) -> tuple[Server, SnapshotOffer]:
    """A leader of term 3 whose log starts after 9, and that has just found out that node 2 needs what is before; with its offer."""
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=META, commit=9, config=config)
    effects = server.receive(2, AppendReply(3, 2, ok=False, refused_prev=9, hint_index=3, hint_term=1))
    ((_, offer),) = sends(effects)
    assert server.state.progress[2].mode is Mode.SNAPSHOT
    return server, offer


def test_s_s1_snapshot_compaction_restart_same_state() -> None:
    table = Table.of(3, TIGHT)
    chief = table.elect(1)
    table.propose(1, *(b"%d" % number for number in range(10)))
    effects = chief.take_snapshot()
    assert effects == [Persist(effects[0].position, compact=LogPoint(10, 1), commit=11)]
    chief.disk()
    assert (chief.state.snapshot_index, chief.terms) == (11, [1])
    reborn = chief.reborn()
    assert reborn.machine is not None
    assert chief.machine is not None
    assert reborn.machine.history == chief.machine.history
    assert (reborn.state.commit, reborn.state.applied, reborn.state.log.last_index) == (11, 11, 11)


def test_s_s1_the_log_keeps_a_tail_by_entries_and_by_bytes() -> None:
    for config, first in (
        (RaftConfig(log_tail_entries=4), 8),
        (RaftConfig(log_tail_entries=4, log_tail_bytes=21), 10),
        (RaftConfig(log_tail_entries=0), 12),
        (RaftConfig(log_tail_bytes=0), 12),
        (RaftConfig(), 1),
    ):
        server = ready_leader(config=config)
        for number in range(1, 11):
            server.propose(b"x" * 10, number)
        server.disk()
        acknowledge(server, [2, 3])
        server.take_snapshot()
        assert server.state.snapshot_index == 11
        assert server.state.log.start.index == first - 1


def test_s_s1_an_older_snapshot_than_the_one_there_changes_nothing() -> None:
    server = follower(term=3, start=LogPoint(9, 2), entries=log_of(3, start=9), snapshot=META, commit=10)
    assert server.step(SnapshotTaken(meta_of(8, 2))) == []
    assert server.step(SnapshotTaken(META)) == []
    assert server.state.snapshot == META


def test_s_s2_sent_when_the_log_is_gone_and_followed_by_the_log(golden: Golden) -> None:
    stage = Stage(3, config=RaftConfig(commit_delay_ms=0, log_tail_entries=1, snapshot_chunk_bytes=24), seed=4)
    chief = stage.elect()
    lost = next(node for node in stage.members if node != chief.node)
    stage.cut(lost)
    for number in range(1, 5):
        stage.touch(chief.node, lambda server, number=number: server.propose(b"%d" % number, number))
        stage.run(10_000_000)
    stage.touch(chief.node, lambda server: server.take_snapshot())
    stage.touch(chief.node, lambda server: server.propose(b"later", 9))
    transcript = Transcript("A slow follower is sent a snapshot, then the log (S-S2)").watch([chief, stage[lost]])
    transcript.note(f"node {lost} was away; node {chief.node}, the leader, has compacted what it needs next")
    stage.delay = lambda _s, _t, _m: 1_000_000
    stage.connect(chief.node, lost)
    stage.run_until(lambda: stage[lost].state.applied == chief.state.applied)
    golden("snapshot_transfer", transcript)
    assert stage[lost].machine is not None
    assert chief.machine is not None
    assert stage[lost].machine.history == chief.machine.history


def test_s_s2_not_to_a_silent_peer() -> None:
    """What it needs is gone, but it has not answered for an election timeout: heartbeats, until it does."""
    server, _ = behind()
    progress = server.state.progress[2]
    progress.become_probe(1)
    for _ in range(12):
        acknowledge(server, [3])
        for to, message in sends(server.wait(HEARTBEAT_NS)):
            assert isinstance(message, Append), (to, message)
    server.disk()
    assert progress.mode is Mode.PROBE
    effects = server.receive(2, AppendReply(3, server.state.round, ok=True, match=0))
    assert sends(effects)[0] == (2, SnapshotOffer(3, server.state.round, META))


def test_s_s2_a_peer_right_behind_the_compacted_start_gets_one_too() -> None:
    """No endless probing: from every hint there is either an Append or an offer, and never a second look at the same place."""
    for hint_index in range(10):
        for hint_term in range(4):
            server = leader(term=4, start=LogPoint(5, 2), entries=log_of(2, 3, 3, start=5), snapshot=meta_of(6, 2))
            refused = 8
            for _ in range(6):
                hint = min(hint_index, refused)
                reply = AppendReply(4, 2, ok=False, refused_prev=refused, hint_index=hint, hint_term=hint_term)
                out = sends(server.receive(2, reply))
                assert len(out) == 1, (hint_index, hint_term, out)
                if isinstance(out[0][1], SnapshotOffer):
                    break
                assert out[0][1].prev_index < refused, (hint_index, hint_term)
                refused = out[0][1].prev_index
            else:
                pytest.fail(f"no end for hint ({hint_index}, {hint_term})")


def test_s_s3_while_pending_no_entries_go_there() -> None:
    server, _ = behind()
    for number in range(1, 4):
        assert 2 not in [to for to, _ in sends(server.propose(b"x", number))]
    beats = [message for to, message in sends(server.wait(HEARTBEAT_NS)) if to == 2]
    assert beats == [Append(3, server.state.round, 0, 0, 9)], "a heartbeat, whatever happens"
    assert server.state.progress[2].mode is Mode.SNAPSHOT


def test_s_s3_success_leads_back_to_entries() -> None:
    server, offer = behind()
    effects = server.receive(2, SnapshotReply(3, 2, offer.meta.digest, "done", 10, match=9))
    assert [(to, m.prev_index, [e.index for e in m.entries]) for to, m in sends(effects)] == [(2, 9, [10])]
    assert (server.state.progress[2].mode, server.state.progress[2].match) == (Mode.PROBE, 9)


@pytest.mark.parametrize("failure", ["damaged there", "gone here"])
def test_s_s3_failure_leads_back_to_probing_after_a_pause(failure: str) -> None:
    """Should our only copy be bad, offering it again at once would go round and round at the pace of the network."""
    server, offer = behind()
    if failure == "damaged there":
        effects = server.receive(2, SnapshotReply(3, 2, offer.meta.digest, "damaged"))
    else:
        effects = server.step(SnapshotRead(2, META, 0, b"", failed=True))
    assert (sends(effects), len(reasons(effects))) == ([], 1)
    assert server.state.progress[2].mode is Mode.PROBE
    server.wait(HEARTBEAT_NS)
    effects = server.receive(2, AppendReply(3, server.state.round, ok=True, match=0))
    assert [type(message) for _, message in sends(effects)] == [SnapshotOffer]


def test_s_s3_a_newer_snapshot_replaces_one_that_is_gone_at_once() -> None:
    server, _ = behind()
    acknowledge(server, [3])
    newer = meta_of(10, 3, b"newer")
    server.step(SnapshotTaken(newer))
    effects = server.step(SnapshotRead(2, META, 0, b"", failed=True))
    assert sends(effects) == [(2, SnapshotOffer(3, server.state.round, newer))]


def test_s_s3_an_abandoned_transfer_is_offered_again_after_a_timeout_under_load_too() -> None:
    """A chunk may be lost. Constant traffic keeps every heartbeat from being due; the offer must come all the same."""
    server, _ = behind()
    offers = 0
    for number in range(1, 130):
        server.now += HEARTBEAT_NS // 5
        effects = server.propose(b"x", number) + server.disk()
        effects += server.receive(3, AppendReply(3, server.state.round, ok=True, match=server.state.log.last_index))
        offers += sum(isinstance(message, SnapshotOffer) for _, message in sends(effects))
    assert offers == 2, "129 x 10 ms without an answer, and an election timeout is 500 ms"


@pytest.mark.parametrize("match", [9, 10])
def test_s_s4_an_append_answer_ends_snapshot_mode(match: int) -> None:
    """Also one for an older snapshot than the one offered: any place that the log reaches will do."""
    server, _ = behind()
    server.receive(2, AppendReply(3, 2, ok=True, match=match))
    progress = server.state.progress[2]
    assert (progress.mode, progress.match, progress.offered) == (Mode.REPLICATE, match, None)


def test_s_s4_one_that_the_log_does_not_reach_does_not() -> None:
    server, _ = behind()
    for match in (0, 5):
        server.receive(2, AppendReply(3, 2, ok=True, match=match))
        assert server.state.progress[2].mode is Mode.SNAPSHOT


def test_s_s5_r36_an_old_snapshot_is_ignored() -> None:
    """Rule R36: at or below the commit it changes nothing."""
    server = follower(term=3, entries=log_of(1, 2, 2, 3), commit=3)
    server.receive(3, Append(3, 1, 4, 3, 3))
    for index, term in ((1, 1), (3, 2)):
        meta = meta_of(index, term)
        effects = server.receive(3, SnapshotOffer(3, 7, meta))
        assert effects == [Send(3, SnapshotReply(3, 7, meta.digest, "done", match=3))]
    assert (server.terms, server.state.commit, server.state.incoming) == ([1, 2, 2, 3], 3, None)


def test_s_s5_a_matching_one_only_moves_the_commit() -> None:
    """The log holds (index, term): everything up to it is committed, and the suffix stays."""
    server = follower(term=3, entries=log_of(1, 2, 3), commit=0)
    meta = meta_of(2, 2)
    effects = server.receive(3, SnapshotOffer(3, 7, meta))
    assert effects == [Apply(log_of(1, 2)), Send(3, SnapshotReply(3, 7, meta.digest, "done", match=2))]
    assert (server.terms, server.state.commit) == ([1, 2, 3], 2)


def receive_all(server: Server, meta: object = META, data: bytes = STATE, size: int = 4) -> list:
    """Offer and chunks, each written before the next; returns the effects of the last completion."""
    server.receive(3, SnapshotOffer(3, 1, meta))
    server.finish_write()
    effects: list = []
    for offset in range(0, len(data), size):
        piece = data[offset : offset + size]
        server.receive(3, SnapshotChunk(3, 1, meta, offset, piece, crc32(piece)))
        effects = server.finish_write()
    return effects


@pytest.mark.parametrize("suffix", [(), (1, 1), (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2)], ids=["short", "same", "long"])
def test_s_s7_r34_installing_deletes_conflicting_entries(suffix: tuple[int, ...]) -> None:
    """Rule R34: the whole log goes, whatever is in it: a conflicting suffix must not survive the snapshot."""
    server = follower(term=3, entries=log_of(*suffix))
    server.machine = None
    effects = receive_all(server)
    position = effects[1].position
    assert acts(effects) == [
        Persist(position, reset=LogPoint(9, 2), commit=9),
        LoadSnapshot(META),
        Send(3, SnapshotReply(3, 0, META.digest, "done", 10, match=9)),
    ]
    state = server.state
    assert (state.snapshot, state.log.start, server.terms) == (META, LogPoint(9, 2), [])
    assert (state.commit, state.applied, state.durable, state.incoming) == (9, 9, 9, None)


def test_s_s7_an_impossible_snapshot_is_refused_before_it_does_damage() -> None:
    """It contradicts what is committed here: the node halts, with its log as it was."""
    server = follower(term=3, entries=log_of(1, 1, 2), commit=0)
    server.receive(3, Append(3, 1, 3, 2, 3))
    with pytest.raises(InvariantError, match="offered a snapshot at \\(2, term 2\\), but committed there is term 1"):
        server.receive(3, SnapshotOffer(3, 1, meta_of(2, 2)))
    assert server.terms == [1, 1, 2]


def test_s_s7_entries_that_came_meanwhile_are_looked_at_again_before_the_install() -> None:
    """Between the last chunk and its completion the log caught up: installing would throw acknowledged entries away."""
    server = follower(term=3, entries=log_of(1))
    server.receive(3, SnapshotOffer(3, 1, META))
    server.finish_write()
    server.receive(3, SnapshotChunk(3, 1, META, 0, STATE, crc32(STATE)))
    server.receive(3, Append(3, 2, 1, 1, 8, log_of(*([2] * 10), start=1)))
    effects = server.finish_write()
    assert not any(isinstance(effect, LoadSnapshot) for effect in effects)
    assert (len(server.terms), server.state.commit) == (11, 9)
    assert sends(effects) == [(3, SnapshotReply(3, 0, META.digest, "done", 10, match=9))]


def test_s_s8_building_and_sending_block_nothing() -> None:
    """A snapshot under way to one peer, and another one taken: appends, commits and compaction go on."""
    server, _ = behind()
    for number in range(1, 6):
        server.propose(b"x", number)
    server.disk()
    acknowledge(server, [3])
    assert server.state.commit == 15
    meta = meta_of(15, 3, b"newer")
    effects = server.step(SnapshotTaken(meta))
    assert effects == [Persist(effects[0].position, compact=LogPoint(9, 2), commit=15)]
    assert server.state.progress[2].offered == META, (
        "the transfer under way goes on: its file is kept, and the log behind it"
    )


@pytest.mark.parametrize(
    ("hold", "silent", "start"), [(4, False, 9), (3, False, 14), (1000, True, 14)], ids=["kept", "too much", "silent"]
)
def test_s_s8_a_transfer_holds_the_log_back_only_within_a_limit(hold: int, silent: bool, start: int) -> None:
    """Without the entries behind what it is being sent, the peer would need another snapshot, and so on; but neither a log that grows
    beyond the limit nor a peer that is gone may keep the disk full."""
    server, _ = behind(RaftConfig(log_tail_entries=1, snapshot_chunk_bytes=64, snapshot_hold_bytes=hold))
    for number in range(1, 6):
        server.propose(b"x", number)
    server.disk()
    acknowledge(server, [3])
    if silent:
        for _ in range(10):
            server.wait(HEARTBEAT_NS)
            acknowledge(server, [3])
    server.step(SnapshotTaken(meta_of(15, 3, b"newer")))
    assert server.state.log.start.index == start


def test_s_s9_installs_under_loss_crashes_and_restarts_end_in_equal_state() -> None:
    """Every step is watched in tests/properties; here: in simulated time, and it comes to an end."""
    config = RaftConfig(log_tail_entries=2, snapshot_chunk_bytes=200)
    for seed in range(4):
        stage = Stage(3, config=config, seed=seed)
        random = Random(seed)
        stage.delay = lambda _s, _t, _m, random=random: (
            None if random.random() < 0.1 else random.randrange(1, 8_000_000)
        )
        dead: Server | None = None
        for number in range(1, 120):
            for node in list(stage.servers):
                stage.touch(node, lambda server, number=number: server.propose(b"%d" % number, number, number - 1))
                machine = stage[node].machine
                if machine is not None and machine.applied > stage[node].state.snapshot_index + 5:
                    stage.touch(node, lambda server: server.take_snapshot())
            stage.run(20_000_000)
            if dead is None and random.random() < 0.05:
                dead = stage.kill(random.choice(list(stage.servers)))
            elif dead is not None and random.random() < 0.1:
                stage.revive(dead)
                dead = None
        if dead is not None:
            stage.revive(dead)
        stage.delay = lambda _s, _t, _m: 1_000_000
        stage.elect()
        stage.run(4 * ELECTION_NS)
        histories = [server.machine.history for server in stage.servers.values() if server.machine is not None]
        assert histories[0] == histories[1] == histories[2]
        assert len(histories[0]) > 20


def test_a_follower_with_the_snapshot_matches_any_prev_below_it() -> None:
    server = follower(term=3, entries=())
    server.machine = None
    receive_all(server)
    effects = server.receive(3, Append(3, 2, 7, 2, 0, (*log_of(2, 2, start=7), noop(10, 3))))
    assert sends(effects) == [(3, AppendReply(3, 2, ok=True, match=10))]
    assert server.terms == [3]


def test_a_reading_for_a_transfer_that_is_over_is_dropped() -> None:
    server, offer = behind()
    reading = server.receive(2, SnapshotReply(3, 2, offer.meta.digest, "continue"))
    assert reading == [ReadSnapshot(2, META, 0, 64)]
    server.receive(2, AppendReply(3, 2, ok=True, match=10))
    assert server.step(SnapshotRead(2, META, 0, STATE)) == []
    assert not server.receive(2, SnapshotReply(3, 2, offer.meta.digest, "continue", 5))


def test_a_write_for_a_transfer_that_is_over_is_dropped() -> None:
    server = follower(term=3)
    assert server.step(SnapshotWritten(META, 10, complete=True)) == []
    server.receive(3, SnapshotOffer(3, 1, META))
    assert server.step(SnapshotWritten(meta_of(9, 2, b"other"), 5)) == []
    server.finish_write()
    assert isinstance(server.receive(3, SnapshotChunk(3, 1, META, 0, STATE, crc32(STATE)))[0], WriteSnapshot)
