"""How Raft does what any leader of a log does; what follows from it is in tests/algorithms/logged and in the scenarios."""

from algorithms.raft.harness import sends
from algorithms.raft.scenes import acknowledge, candidate, follower, leader, ready_leader
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.messages import Ask, Removed, TimeoutNow
from quorate.core.configuration import Configuration
from quorate.core.requests import LeaveJoint


def test_it_leads_and_is_ready_when_an_entry_of_its_term_is_committed() -> None:
    assert RaftDuties(leader().state).obstacle() == "not_ready"
    duties = RaftDuties(ready_leader().state)
    assert (duties.leads, duties.obstacle(), duties.unfit(Configuration()), duties.one_step) == (True, "", "", True)
    assert not RaftDuties(follower().state).leads


def test_what_it_knows_of_a_peer_is_its_progress() -> None:
    server = ready_leader()
    duties = RaftDuties(server.state)
    server.propose(b"x")
    acknowledge(server, [2])
    assert (duties.match(2), duties.match(3), duties.reach(9)) == (2, 1, None)
    assert (duties.decides({1, 2}), duties.decides({2})) == (True, False)
    assert duties.unable(2) == ""


def test_it_gives_up_what_it_has_and_tells_who_is_to_follow() -> None:
    server = ready_leader()
    RaftDuties(server.state).give_up(2, "why")
    assert (2, TimeoutNow(2)) in sends(server.state.out)
    assert (server.state.role.value, server.state.why) == ("follower", "why")
    other = candidate()
    RaftDuties(other.state).give_up(None, "why")
    assert other.state.role.value == "follower"
    third = follower()
    RaftDuties(third.state).give_up(None, "why")
    assert third.state.leader == 3


def test_who_is_dismissed_is_told_and_what_is_asked_is_passed_on() -> None:
    server = ready_leader()
    RaftDuties(server.state).dismiss(3)
    assert sends(server.state.out) == [(3, Removed(2, 0))]
    asked = follower()
    RaftDuties(asked.state).pass_on(1, 7, LeaveJoint())
    assert sends(asked.state.out) == [(3, Ask(1, 1, 7, LeaveJoint()))]
