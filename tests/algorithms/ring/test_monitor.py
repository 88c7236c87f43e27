"""P1 to P4: predecessors watch."""

from algorithms.electing.network import Network
from algorithms.ring.table import GUARDED, UNGUARDED, Lone, eid, envelopes, passed, rank, reasons, settings
from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.messages import Heartbeat
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.ring import SPEC
from quorate.algorithms.ring.messages import Elected, Election, HopAck, Pulse
from quorate.core.effects import Send
from quorate.core.ids import SECOND

WATCHES = settings(monitor="predecessor", preempt=False)
BEAT = UNGUARDED.heartbeat_ns


def test_p1_every_node_pulses_to_the_next_one() -> None:
    node = Lone(2, WATCHES)
    assert passed(node.wait(BEAT)) == [(3, Pulse(NEVER, None, 0))]
    node.receive(3, HopAck(1, 1))
    node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    node.receive(3, HopAck(1, 2))
    assert passed(node.wait(BEAT)) == [(3, Pulse(Epoch(1, 5), rank(5), 1))]


def test_p1_a_successor_that_does_not_confirm_is_passed_over() -> None:
    node = Lone(2, WATCHES)
    node.wait(BEAT)
    assert (4, Pulse(NEVER, None, 0)) in passed(node.wait(UNGUARDED.alive_ns))


def test_p1_without_the_guard_a_leader_sends_no_heartbeats() -> None:
    node = Lone(5, settings(monitor="predecessor"))
    node.envelope(4, Election(rank(5)), eid(5))
    effects = node.wait(BEAT)
    assert not [effect for effect in effects if isinstance(effect, Send) and isinstance(effect.message, Heartbeat)]
    assert (1, Pulse(Epoch(1, 5), rank(5), 1)) in passed(effects)


def test_p2_a_pulse_of_the_predecessor_counts_and_no_other() -> None:
    node = Lone(2, WATCHES)
    node.now = BEAT // 2
    node.envelope(5, Pulse(NEVER, None, 0), eid(5))
    assert node.state.deadlines["watch_by"] == UNGUARDED.failure_ns
    node.envelope(1, Pulse(NEVER, None, 0), eid(1))
    assert node.state.deadlines["watch_by"] == UNGUARDED.failure_ns + node.now


def test_p3_a_pulse_tells_who_leads() -> None:
    node = Lone(2, WATCHES)
    node.envelope(1, Pulse(Epoch(3, 5), rank(5), 2), eid(1))
    assert (node.state.leader, node.state.leader_boot) == (5, 2)
    node.state.suspect(5)
    node.state.out.clear()
    node.envelope(1, Pulse(Epoch(4, 5), rank(5), 2), eid(1))
    assert node.state.epoch == Epoch(3, 5), "one that this node has missed itself it does not take from others"


def test_p3_a_rank_that_changes_while_it_leads_goes_round_with_the_pulses() -> None:
    """Or whoever comes late would compare itself with what the leader once was, and hold elections in vain."""
    node = Lone(2, settings(monitor="predecessor", rank="fresh"))
    node.envelope(1, Pulse(Epoch(3, 5), Rank(0, 4, 5), 2), eid(1))
    node.envelope(1, Pulse(Epoch(3, 5), Rank(0, 9, 5), 2), eid(1))
    assert node.state.leader == 5
    told = [body for _, body in passed(node.wait(BEAT)) if isinstance(body, Pulse)]
    assert told == [Pulse(Epoch(3, 5), Rank(0, 9, 5), 2)]


def test_p3_who_has_become_fresher_than_the_leader_holds_an_election() -> None:
    node = Lone(2, settings(monitor="predecessor", rank="fresh"))
    node.envelope(1, Pulse(Epoch(3, 5), Rank(0, 4, 5), 2), eid(1))
    node.state.freshness = 7
    effects = node.envelope(1, Pulse(Epoch(3, 5), Rank(0, 6, 5), 2), eid(1))
    assert "election_started" in reasons(effects)


def test_p3_with_the_guard_only_a_leaders_own_word_counts() -> None:
    node = Lone(2, settings(GUARDED, monitor="predecessor"))
    node.envelope(1, Pulse(Epoch(3, 5), rank(5), 2), eid(1))
    assert node.state.leader is None


def test_p4_a_silent_leader_is_reported_by_the_node_behind_it() -> None:
    node = Lone(1, WATCHES)
    node.envelope(5, Elected(Epoch(1, 5), rank(5)), eid(5))
    effects = node.wait(UNGUARDED.failure_ns)
    assert [reason for reason in reasons(effects) if reason.endswith("silent")] == [
        "predecessor_silent",
        "leader_silent",
    ]
    assert Election(rank(1)) in [ring.body for _, ring in envelopes(effects)]


def test_p4_and_by_nobody_else() -> None:
    node = Lone(2, WATCHES)
    node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    effects = node.wait(UNGUARDED.failure_ns)
    assert "predecessor_silent" in reasons(effects)
    assert node.state.leader == 5
    effects = node.wait(UNGUARDED.failure_ns)
    assert "leader_silent" in reasons(effects), "but then it is the one behind it: node 1 is silent too"


def test_a_ring_whose_predecessors_watch_finds_a_new_leader() -> None:
    for variant in ("chang_roberts", "lap", "lelann", "hirschberg_sinclair"):
        config = settings(monitor="predecessor", variant=variant)
        network = Network(SPEC, (1, 2, 3, 4, 5), config, seed=1)
        network.start()
        network.run_until(lambda network=network: network.agreed() == 5)
        network.crash(5)
        network.crash(1)
        network.run_until(lambda network=network: network.agreed() == 4)
        assert network.now < 2 * SECOND
