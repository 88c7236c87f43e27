"""When an entry is committed, and that it stays: scenarios S-R2, S-R3, S-R11, S-R12, S-R14 to S-R18."""

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, noop, reasons, sends
from algorithms.raft.scenes import acknowledge, batch, follower, leader, ready_leader
from algorithms.raft.table import Table
from quorate.algorithms.raft.messages import Append, AppendReply
from quorate.algorithms.raft.progress import Mode
from quorate.core.effects import Apply, Persist, Send
from quorate.core.events import Persisted
from quorate.core.ids import MILLISECOND
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_s_r2_committed_exactly_when_a_majority_holds_it(size: int) -> None:
    """Three entries of the term; every set of acknowledgments, the own disk's among them, against a count on the fingers."""
    members = tuple(range(1, size + 1))
    for held in product((0, 1, 2, 3), repeat=size):
        server = leader(members=members, written=False)
        server.propose(b"x", 1)
        server.propose(b"x", 2)
        for _ in range(held[0]):
            server.finish_write()
        for peer, match in enumerate(held[1:], start=2):
            if match:
                server.receive(peer, AppendReply(2, 2, ok=True, match=match))
        majority = [index for index in (1, 2, 3) if sum(match >= index for match in held) > size // 2]
        assert server.state.commit == max(majority, default=0), held
        assert server.state.applied == min(server.state.commit, held[0])


def test_s_r2_with_all_before_it_in_order() -> None:
    server = leader(term=3, entries=log_of(1, 2))
    effects = server.receive(2, AppendReply(3, 2, ok=True, match=3))
    assert [e for e in effects if isinstance(e, Apply)] == [Apply((*log_of(1, 2), noop(3, 3)))]


def test_s_r3_r18_only_entries_of_the_current_term_are_counted(golden: Golden) -> None:
    """Rule R18, the paper's Figure 8: entry 2 of term 2 on three of five disks is not committed in term 4, and may be overwritten."""
    members = (1, 2, 3, 4, 5)
    one = leader(1, term=4, members=members, entries=log_of(1, 2))
    transcript = Transcript("The paper's Figure 8: on a majority, yet not committed (S-R3)").watch([one])
    transcript.note(
        "(c) node 1 leads term 4. Entry 2, of term 2, gets to nodes 2 and 3: with node 1 they are a majority"
    )
    acknowledge(one, [2, 3], match=2)
    assert (one.state.commit, one.state.applied) == (0, 0)
    transcript.note(
        "(d) node 1 is gone. Node 5 has an entry of term 3 in that place: the more current log, so it may win"
    )
    logs = {2: (1, 2), 3: (1, 2), 4: (1,), 5: (1, 3)}
    table = Table(*(Server(n, members, term=4, voted_for=1, entries=log_of(*log)) for n, log in logs.items()))
    transcript.watch([table[5]])
    table[5].time_out()
    table.settle()
    assert table.leaders == [5]
    assert [server.terms for server in table.servers.values()] == [[1, 3, 5]] * 4, "overwritten everywhere"
    transcript.note("(e) had node 1's own entry, of term 4, reached the majority, it would have committed all three")
    acknowledge(one, [2, 3], match=3)
    assert one.state.commit == 3
    golden("figure_8", transcript)


def test_s_r3_the_first_entry_of_the_term_brings_older_ones_along() -> None:
    server = leader(term=4, entries=log_of(1, 2))
    acknowledge(server, [2], match=2)
    assert server.state.commit == 0
    acknowledge(server, [2], match=3)
    assert server.state.commit == 3


def test_s_r11_unreachable_peers_fall_back_to_probing() -> None:
    """Nothing of what was under way counts as sent; there is one probe an interval, not one a proposal; a new link resumes at once."""
    server = ready_leader()
    server.propose(b"x", 1)
    server.disconnect(2)
    progress = server.state.progress[2]
    assert (progress.mode, progress.next, len(progress.window)) == (Mode.PROBE, 2, 0)
    to_2 = [m for n in range(2, 12) for to, m in sends(server.propose(b"x", n)) if to == 2]
    assert len(to_2) == 1
    (beat, append) = [m for to, m in sends(server.connect(2)) if to == 2]
    assert (beat.prev_index, beat.entries) == (1, ())
    assert [entry.index for entry in append.entries] == list(range(2, 13))


def test_s_r12_a_follower_that_missed_the_commit_learns_it_with_the_next_heartbeat() -> None:
    stage = Stage(3, seed=4)
    chief = stage.elect()
    deaf = next(node for node in stage.members if node != chief.node)
    stage.run(HEARTBEAT_NS)
    stage.touch(chief.node, lambda server: server.propose(b"x"))
    stage.delay = lambda _s, to, m: None if to == deaf and isinstance(m, Append) and not m.entries else MILLISECOND
    stage.run_until(lambda: chief.state.commit == 2)
    stage.run(2 * MILLISECOND)
    assert stage[deaf].state.commit == 1
    stage.delay = lambda _s, _t, _m: MILLISECOND
    assert stage.run_until(lambda: stage[deaf].state.applied == 2) <= HEARTBEAT_NS + 2 * MILLISECOND


def test_s_r12_a_new_commit_is_told_at_once() -> None:
    server = ready_leader()
    server.propose(b"x")
    server.disk()
    effects = sends(server.receive(3, AppendReply(2, 4, ok=True, match=2)))
    assert [(to, m.commit, m.entries) for to, m in effects] == [(2, 2, ()), (3, 2, ())]


def test_s_r14_no_commit_without_a_quorum_and_on_with_a_minority_down() -> None:
    stage = Stage(5, seed=9)
    chief = stage.elect()
    others = [node for node in stage.members if node != chief.node]
    stage.cut(*others[:2])
    stage.touch(chief.node, lambda server: server.propose(b"with three", 1))
    stage.run_until(lambda: chief.state.commit == 2)
    stage.cut(others[2])
    stage.touch(chief.node, lambda server: server.propose(b"with two", 2))
    stage.run(ELECTION_NS // 2)
    assert chief.state.commit == 2
    stage.delay = lambda _s, _t, _m: MILLISECOND
    stage.run(8 * ELECTION_NS)
    leader = stage.elect()
    logs = {tuple(server.terms) for server in stage.servers.values()}
    assert len(logs) == 1
    assert b"with three" in [entry.data for entry in leader.applied]


def test_s_r15_a_partitioned_leaders_uncommitted_entries_vanish(golden: Golden) -> None:
    stage = Stage(3, seed=4)
    old = stage.elect()
    stage.touch(old.node, lambda server: server.propose(b"before", 1))
    stage.run(HEARTBEAT_NS)
    stage.cut(old.node)
    for number in range(2, 5):
        stage.touch(old.node, lambda server, number=number: server.propose(b"lost", number))
    stage.run_until(lambda: any(server.state.ready for server in stage.servers.values() if server is not old))
    new = next(server for server in stage.servers.values() if server is not old and server.leads)
    stage.touch(new.node, lambda server: server.propose(b"after", 1))
    stage.run(HEARTBEAT_NS)
    transcript = Transcript("A partitioned leader comes back (S-R15)").watch([old])
    transcript.note(f"node {new.node} leads; node {old.node} holds three entries that nobody else has")
    stage.delay = lambda _s, _t, _m: MILLISECOND
    stage.run(2 * HEARTBEAT_NS)
    golden("rejoin", transcript)
    for server in stage.servers.values():
        assert [e.data for e in server.applied] == [b"", b"before", b"", b"after"]


def test_s_r16_r22_own_disk_completions_of_an_earlier_term_do_not_count() -> None:
    """A write of entries that were replaced meanwhile vouches for nothing."""
    server = leader(term=2, written=False)
    server.propose(b"x")
    server.receive(3, Append(3, 1, 0, 0, 0, log_of(3, 3)))
    assert server.state.durable == 0
    for position in (2, 3):
        server.step(Persisted(position))
        assert server.state.durable == 0, "entries 1 and 2 are others now, and still on their way"
    server.step(Persisted(4))
    assert server.state.durable == 2


def test_s_r16_r22_the_aba_race_of_pipelined_writes(golden: Golden) -> None:
    """Rule R22. Entries a, then b, then a again, at one index: the first completion must not vouch for the last write."""
    server = follower(1, leader=None, term=1, members=(1, 2, 3, 4, 5, 6, 7))
    transcript = Transcript("Three writes of one index, completed one by one (S-R16)").watch([server])
    transcript.note(
        "leader 2 of term 2 sends (1:t2), leader 3 of term 3 replaces it, leader 4 of term 4 brings (1:t2) back"
    )
    server.receive(2, Append(2, 1, 0, 0, 0, log_of(2)))
    server.receive(3, Append(3, 1, 0, 0, 0, log_of(3)))
    server.receive(4, Append(4, 1, 0, 0, 1, log_of(2)))
    transcript.note("the first two writes complete: entry 1 is not durable yet, and not applied")
    server.finish_write()
    server.finish_write()
    assert (server.state.durable, server.applied) == (0, [])
    acked = [message for _, message in server.sent()]
    assert [(reply.term, reply.match) for reply in acked] == [(2, 1), (3, 1)], "each answer has the term of its Append"
    transcript.note("the third completes")
    server.finish_write()
    assert (server.state.durable, server.applied) == (1, list(log_of(2)))
    golden("aba", transcript)


def test_s_r17_concurrent_proposals_loss_delay_churn() -> None:
    """Every acknowledged value stays, all logs agree. The properties of each step: tests/properties."""
    for seed in range(3):
        stage = Stage(3, seed=seed)
        random = Random(seed)
        stage.elect()
        stage.delay = lambda _s, _t, _m, random=random: (
            None if random.random() < 0.1 else random.randrange(20) * MILLISECOND
        )
        acknowledged: set[bytes] = set()
        dead: list[Server] = []
        for number in range(1, 200):
            for node, server in list(stage.servers.items()):
                data = f"{number} at {node}".encode()
                stage.touch(node, lambda server, data=data, number=number: server.propose(data, number, number - 1))
                acknowledged |= {entry.data for entry in server.applied}
            stage.run(5 * MILLISECOND)
            if number % 40 == 0 and stage.leaders:
                dead.append(stage.kill(stage.leaders[0]))
            if number % 40 == 20 and dead:
                stage.revive(dead.pop())
        while dead:
            stage.revive(dead.pop())
        stage.delay = lambda _s, _t, _m: MILLISECOND
        stage.elect()
        stage.run(4 * HEARTBEAT_NS)
        machines = [server.machine.history for server in stage.servers.values() if server.machine]
        assert machines[0] == machines[1] == machines[2]
        assert acknowledged <= {data for _, _, data in machines[0]}
        assert len(acknowledged) > 50


def test_s_r18_a_hung_or_isolated_peer_delays_no_other() -> None:
    stage = Stage(3, seed=4)
    chief = stage.elect()
    slow, fast = (node for node in stage.members if node != chief.node)
    stage.hung.add(slow)
    for number in range(1, 301):
        stage.touch(chief.node, lambda server, number=number: server.propose(b"x", number))
        stage.run(MILLISECOND)
    stage.run(10 * MILLISECOND)
    assert stage[fast].state.applied == 301
    assert chief.state.commit == 301
    assert len(chief.state.progress[slow].window) <= chief.config.inflight_messages
    stage.hung.clear()
    stage.touch(slow, lambda server: server.disk())
    stage.run(10 * HEARTBEAT_NS)
    assert stage[slow].state.applied == 301


def test_r22_an_acknowledgment_of_an_old_append_tells_a_new_leader_nothing() -> None:
    """Rule R22: the answer to an Append of term 1, given in term 2, shows the term; its sender, meanwhile leader of term 2, must not
    take it for a refusal of what it sends now."""
    voter = follower(2, leader=None, term=2)
    ((_, answer),) = sends(voter.receive(1, Append(1, 5, 4, 1, 0)))
    server = leader(term=2, entries=log_of(1, 1, 1, 1))
    server.now += MILLISECOND
    contact = server.state.progress[2].contact_at
    assert server.receive(2, answer) == []
    assert (server.state.progress[2].next, server.state.progress[2].contact_at) == (5, contact)


def test_r20_nothing_queued_is_appended_under_a_newer_term() -> None:
    """Rule R20: a proposal is appended in the step that takes it or not at all; a deposed leader forwards or refuses."""
    server = ready_leader()
    server.propose(b"mine", 1)
    server.receive(3, Append(5, 1, 0, 0, 0))
    assert [type(message).__name__ for _, message in sends(server.propose(b"later", 2))] == ["Forward"]
    assert server.terms == [2, 2]
    assert "term_adopted" in reasons(server.all_effects)


def test_r23_apply_waits_for_the_own_disk() -> None:
    """Rule R23, in a cluster of one too."""
    server = Server(1, (1,))
    server.time_out()
    server.disk()
    server.applied.clear()
    assert acts(server.propose(b"x")) == [Persist(3, entries=(batch(2, 1),), commit=1)]
    assert server.applied == []
    assert server.finish_write() == [Apply((batch(2, 1),))]


def test_r23_a_follower_applies_no_more_than_it_has_on_disk() -> None:
    server = follower(leader=3, term=1)
    effects = server.receive(3, Append(1, 1, 0, 0, 2, log_of(1, 1)))
    assert [type(effect) for effect in effects] == [Persist, Send]
    assert server.disk() == [Apply(log_of(1, 1))]
