"""Single steps of a transfer; what comes of them is in tests/scenarios/test_transfer.py."""

from __future__ import annotations

from algorithms.raft.harness import Server, acts, reasons
from algorithms.raft.scenes import acknowledge, ready_leader
from quorate.algorithms.logged.handing_over import MAX_ASKERS, best_target
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.messages import TimeoutNow
from quorate.core.effects import RequestRefused, Send
from quorate.core.events import PeerUnreachable, Requested
from quorate.core.ids import NodeId
from quorate.core.requests import TransferLeadership


def ask(server: Server, request_id: int, to: NodeId | None = None, only_from: NodeId | None = None) -> list[object]:
    return list(acts(server.step(Requested(request_id, TransferLeadership(to, only_from)))))


def test_only_so_many_wait_for_one_transfer() -> None:
    server = ready_leader()
    for number in range(1, MAX_ASKERS + 1):
        assert not [effect for effect in ask(server, number, 3) if isinstance(effect, RequestRefused)]
    assert ask(server, 999, 3) == [RequestRefused(999, "busy", 1)]


def test_a_node_that_does_not_lead_cannot_step_down() -> None:
    server = ready_leader()
    assert ask(server, 1, only_from=2) == [RequestRefused(1, "leads_not", 1)]
    assert isinstance(ask(server, 2, only_from=1)[-1], Send)


def test_the_best_target_answers_and_has_most() -> None:
    server = ready_leader(members=(1, 2, 3, 4))
    server.propose(b"x")
    acknowledge(server, [2])
    duties = RaftDuties(server.state)
    assert best_target(duties) == 2
    server.step(PeerUnreachable(2))
    assert not duties.answers(2)
    assert best_target(duties) == 4


def test_a_target_whose_process_dies_ends_it() -> None:
    server = ready_leader()
    ask(server, 1, 3)
    assert RequestRefused(1, "target_silent", 1) in server.step(PeerUnreachable(3))
    assert server.state.transfer is None


def test_each_end_is_explained_once() -> None:
    server = ready_leader()
    assert reasons(server.step(Requested(1, TransferLeadership(3)))) == ["transfer_started"]
    assert reasons(server.step(Requested(2, TransferLeadership(2)))) == ["transfer_ended", "transfer_started"]


def test_the_order_is_given_once_on_one_link() -> None:
    server = ready_leader()
    first = ask(server, 1, 3)
    assert [effect for effect in first if isinstance(effect, Send) and isinstance(effect.message, TimeoutNow)]
    assert ask(server, 2, 3) == []
