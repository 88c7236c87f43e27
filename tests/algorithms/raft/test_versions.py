"""Mixed releases (S-D7): nothing new is used where it is not understood, and whoever asks for it is told why by name."""

from algorithms.raft.harness import Server, acts, sends
from algorithms.raft.scenes import acknowledge, follower, ready_leader
from quorate.algorithms.raft.messages import AppendReply, Ask, AskReply, SnapshotReply, TimeoutNow
from quorate.algorithms.raft.versions import acknowledged, all_understand, understands
from quorate.core.effects import RequestRefused
from quorate.core.events import PeerConnected, Requested
from quorate.core.reconfigure import Add
from quorate.core.requests import ChangeMembers, TransferLeadership


def meet(server: Server, peer: int, version: int) -> None:
    """A link to `peer` comes up, on which that version is spoken; the answer to what it is greeted with comes at once."""
    server.step(PeerConnected(peer, 7, version))
    if server.leads:
        acknowledge(server, (peer,))
    server.sent()


def refusals(server: Server, request: TransferLeadership | ChangeMembers) -> list[str]:
    return [effect.reason for effect in acts(server.step(Requested(1, request))) if isinstance(effect, RequestRefused)]


def test_s_d7_a_peer_is_taken_for_new_until_it_is_met() -> None:
    server = ready_leader()
    assert understands(server.state, 2, TimeoutNow)
    assert all_understand(server.state, TimeoutNow)
    meet(server, 2, 1)
    assert not understands(server.state, 2, TimeoutNow)
    assert understands(server.state, 2, AppendReply)
    assert understands(server.state, 1, TimeoutNow)
    assert not all_understand(server.state, TimeoutNow)
    meet(server, 2, 2)
    assert all_understand(server.state, TimeoutNow)


def test_s_d7_leadership_does_not_go_to_a_node_that_is_too_old() -> None:
    server = ready_leader()
    meet(server, 2, 1)
    assert refusals(server, TransferLeadership(2)) == ["target_too_old"]
    assert server.state.transfer is None
    # With no target named, one that understands is taken, whatever else speaks for the other.
    effects = server.step(Requested(2, TransferLeadership()))
    assert [(to, type(message)) for to, message in sends(effects)] == [(3, TimeoutNow)]


def test_s_d7_with_old_nodes_only_nobody_can_take_over() -> None:
    server = ready_leader()
    meet(server, 2, 1)
    meet(server, 3, 1)
    assert refusals(server, TransferLeadership()) == ["target_too_old"]


def test_s_d7_no_question_is_sent_to_a_leader_that_is_too_old() -> None:
    server = follower(1, leader=3)
    meet(server, 3, 1)
    assert refusals(server, TransferLeadership(2)) == ["leader_too_old"]
    meet(server, 3, 2)
    effects = server.step(Requested(2, TransferLeadership(2)))
    assert [type(message) for _, message in sends(effects)] == [Ask]


def test_s_d7_members_change_only_when_all_members_can_read_it_in_their_logs() -> None:
    server = ready_leader()
    meet(server, 3, 1)
    change = ChangeMembers((Add(4),))
    assert refusals(server, change) == ["member_too_old"]
    effects = server.receive(2, Ask(server.state.term, 1, 5, change))
    assert sends(effects) == [(2, AskReply(server.state.term, 1, 5, "member_too_old", 1))]
    last = server.state.log.last_index
    meet(server, 3, 2)
    assert refusals(server, change) == []
    assert server.state.log.last_index == last + 1


def test_s_d7_a_leader_of_version_1_is_told_to_go_on_and_not_what_is_held() -> None:
    server = follower(1, leader=3)
    assert acknowledged(server.state, 3) == acknowledged(server.state, None) == "held"
    meet(server, 3, 1)
    assert acknowledged(server.state, 3) == "continue"
    assert SnapshotReply(1, 0, "digest", acknowledged(server.state, 3)).status == "continue"
