"""`two_phase`: all are halted before one leads, and whoever is in normal operation agrees."""

import pytest

from algorithms.bully.words import PROFILE, Epoch, bully, config, heartbeat, leading, rank, victory
from algorithms.electing.network import Network
from algorithms.electing.one import kinds, reasons, sends
from quorate.algorithms.bully.bully import SPEC
from quorate.algorithms.bully.messages import Halt, Normal
from quorate.core.ids import MILLISECOND, SECOND


def test_the_winner_halts_first_and_leads_one_delay_later() -> None:
    one = bully(3, variant="two_phase")
    assert kinds(one.did) == ["Persist", "Halt>1", "Halt>2"]
    assert kinds(one.wait(11)) == ["Victory>1", "Victory>2", "LeaderChanged(3)"]


def test_who_is_halted_leaves_its_election_and_watches_the_halter() -> None:
    one = bully(2, variant="two_phase")
    one.receive(3, Halt(1, Epoch(1, 3), rank(3)))
    assert (one.role, one.due_ms("alive_by"), one.due_ms("victory_by")) == ("waiting", None, 43)
    one.receive(3, victory(3, 1))
    assert kinds(one.did) == ["Persist", "LeaderChanged(3)", "Normal>3"]
    assert sends(one.did)[0][1].normal


def test_a_leader_is_halted_too() -> None:
    one = leading_in_two_phases(2)
    assert kinds(one.receive(3, Halt(1, Epoch(5, 3), rank(3)))) == ["LeaderChanged(None)"]


def leading_in_two_phases(node: int):  # type: ignore[no-untyped-def]
    """A leader that nobody higher has answered."""
    one = bully(node, variant="two_phase")
    one.wait(32)
    assert one.role == "leader"
    return one


def test_who_was_not_halted_says_that_it_is_not_normal() -> None:
    one = bully(2, variant="two_phase", preempt=False)
    for message in (victory(3, 1), heartbeat(3, 1)):
        one.receive(3, message)
        assert sends(one.did) == [(3, Normal(1, Epoch(1, 3), normal=False))]
    assert one.state.leader is None


def test_then_the_leader_holds_the_election_anew() -> None:
    one = leading_in_two_phases(3)
    one.receive(2, Normal(1, one.state.epoch, normal=True))
    assert one.role == "leader"
    one.receive(2, Normal(1, one.state.epoch, normal=False))
    assert kinds(one.did) == ["Persist", "Halt>1", "Halt>2", "LeaderChanged(None)"]
    assert reasons(one.did)[0] == "member_not_normal"


def test_a_stale_halt_is_told_so_and_one_of_a_lower_node_is_bullied() -> None:
    one = bully(3, variant="two_phase", promised=Epoch(5, 3), boot=2)
    assert kinds(one.receive(2, Halt(1, Epoch(2, 2), rank(2)))) == ["HeartbeatAck>2"]
    quiet = bully(3, variant="two_phase", preempt_delay_ms=5)
    quiet.ms = 6
    assert kinds(quiet.receive(2, Halt(1, Epoch(2, 2), rank(2)))) == ["Persist", "Halt>1", "Halt>2"]
    assert leading(3).role == "leader"


@pytest.mark.parametrize("seed", range(15))
def test_at_every_instant_two_that_are_normal_agree(seed: int) -> None:
    """As long as the assumed delay holds and nodes do nothing worse than die and come back."""
    network = Network(SPEC, range(1, 5), config(**PROFILE, variant="two_phase"), seed=seed, disk_ns=0)
    worst: list[set[int | None]] = []

    def look(*_: object) -> None:
        normal = {node.leader for node in network.nodes.values() if node.leader is not None}
        if len({leader for leader in normal if leader in network.nodes}) > 1:
            worst.append(normal)

    network.on_step.append(look)
    network.start()
    network.run(SECOND)
    assert network.agreed() == 4
    network.crash(4)
    network.run(SECOND)
    assert network.agreed() == 3
    network.restart(4)
    network.run(SECOND + seed * MILLISECOND)
    assert network.agreed() == 4
    assert not worst
