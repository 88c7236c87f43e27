"""The door: starts, requests, and rings that find their leader."""

import pytest

from algorithms.electing.network import Network
from algorithms.ring.table import GUARDED, UNGUARDED, Lone, eid, passed, rank, settings
from quorate.algorithms.catalog import find
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.messages import Heartbeat, Resign
from quorate.algorithms.ring import SPEC, RingConfig
from quorate.algorithms.ring.messages import Election
from quorate.core.effects import LeaderChanged, Persist, ReadRefused, Rejected, RequestRefused, Send
from quorate.core.events import PeerUnreachable, Proposed, ReadRequested, Requested, SettingsChanged
from quorate.core.ids import MILLISECOND, SECOND
from quorate.core.requests import LeaveJoint, TransferLeadership

VARIANTS = ("chang_roberts", "lap", "lelann", "hirschberg_sinclair")


def test_the_catalog_has_it() -> None:
    assert find("ring") is SPEC
    assert not SPEC.keeps_log
    assert not SPEC.survives_datagrams
    assert SPEC.leases(RingConfig())
    assert not SPEC.leases(UNGUARDED)


def test_b1_the_textbook_begins_at_once_and_the_guard_listens() -> None:
    assert passed(Lone(2).started) == [(3, Election(rank(2)))]
    for config in (GUARDED, settings(preempt=False), settings(preempt_delay_ms=100)):
        assert not passed(Lone(2, config).started)


def test_boot_is_in_everything_and_durable_before() -> None:
    """4.6: the host counts starts, and has made the count durable before the node is built."""
    node = Lone(2, boot=7)
    assert not [effect for effect in node.started if isinstance(effect, Persist)]
    assert all(effect.message.boot == 7 for effect in node.started if isinstance(effect, Send))


def test_there_is_no_log() -> None:
    node = Lone(2, GUARDED)
    node.receive(5, Heartbeat(1, Epoch(1, 5), 1, 0, rank(5)))
    assert node.step(Proposed(4, b"x")) == [Rejected(4, "unsupported", 5)]
    assert node.step(ReadRequested(6)) == [ReadRefused(6, "unsupported", 5)]
    assert node.step(Requested(7, LeaveJoint())) == [RequestRefused(7, "unsupported", 5)]


def test_a_leader_that_is_asked_hands_over() -> None:
    network = Network(SPEC, (1, 2, 3), settings(GUARDED, preempt=False), seed=2)
    network.start()
    network.run_until(lambda: network.agreed() is not None)
    before = network.agreed()
    assert before is not None
    target = before % 3 + 1
    effects = network.step(network[before], Requested(1, TransferLeadership(target)))
    resigned = [effect.message for effect in effects if isinstance(effect, Send) and isinstance(effect.message, Resign)]
    assert [message.successor for message in resigned] == [target, target]
    network.run_until(lambda: network.agreed() == target)
    network.run(200 * MILLISECOND)
    assert network.agreed() == target


def test_a_process_that_is_gone_is_passed_over_at_once() -> None:
    node = Lone(2)
    assert passed(node.step(PeerUnreachable(3))) == [(4, Election(rank(2)))]
    assert node.step(PeerUnreachable(9)) == []


def test_settings_change_while_it_runs() -> None:
    node = Lone(2, settings())
    node.step(SettingsChanged({"preempt": False}))
    assert node.state.settings.settled
    assert "preempt" in SPEC.reloadable(UNGUARDED)


def test_status_inspect_and_why_speak_of_it() -> None:
    node = Lone(2)
    status = node.node.status(0)
    assert (status.algorithm, status.role, status.leader) == ("ring", "electing", None)
    assert status.why == "it has sent its token round the ring, and waits for it to come back"
    details = node.node.inspect().details
    assert (details["variant"], details["participant"], details["unanswered"]) == (
        "chang_roberts",
        True,
        {1: ("Election", 3)},
    )
    texts = [finding.text for finding in node.node.why(0, [])]
    assert texts[0] == "no leader is known: it has sent its token round the ring, and waits for it to come back"


def test_the_lease_is_given_up_before_the_event_is_looked_at() -> None:
    """1.1: a process that was paused must not act as leader on the first message that it reads."""
    network = Network(SPEC, (1, 2, 3), GUARDED, seed=3)
    network.start()
    network.run_until(lambda: network.agreed() is not None)
    leader = network.agreed()
    assert leader is not None
    node = network[leader]
    network.now += 3 * GUARDED.failure_ns
    effects = network.step(node, Proposed(1, b"x"))
    changes = [effect for effect in effects if isinstance(effect, LeaderChanged | Rejected)]
    assert isinstance(changes[0], LeaderChanged)
    assert changes[0].leader is None


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("guard", ["majority", "none"])
@pytest.mark.parametrize("monitor", ["leader", "predecessor"])
def test_a_ring_finds_its_leader_again_and_again(variant: str, guard: str, monitor: str) -> None:
    network = Network(SPEC, (1, 2, 3, 4, 5), settings(guard=guard, variant=variant, monitor=monitor), seed=5)
    network.start()
    network.run_until(lambda: network.agreed() == 5)
    network.crash(5)
    network.run_until(lambda: network.agreed() == 4)
    network.crash(4)
    network.run_until(lambda: network.agreed() == 3)
    network.restart(5)
    network.run_until(lambda: network.agreed() == 5, 60 * SECOND)
    assert network.leaders == [5]


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_circles_in_a_quiet_ring(variant: str) -> None:
    """NoOrphan."""
    network = Network(SPEC, (1, 2, 3, 4, 5), settings(variant=variant), seed=6)
    network.start()
    network.run_until(lambda: network.agreed() == 5)
    network.run(SECOND)
    sent = len([one for one in network.sent if type(one.message).__name__ == "Ring"])
    network.run(SECOND)
    assert len([one for one in network.sent if type(one.message).__name__ == "Ring"]) == sent
    assert eid(1) != eid(2)
