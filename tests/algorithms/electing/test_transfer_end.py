"""Whoever asked for a transfer is told how it ended."""

from algorithms.bully.words import bully
from quorate.algorithms.electing.messages import AskReply
from quorate.algorithms.electing.transfer import Asker, Transfer
from quorate.algorithms.electing.transfer_end import answer, end_transfer
from quorate.core.effects import RequestDone, RequestRefused, Send


def test_here_on_another_node_and_not_at_all_in_an_earlier_process() -> None:
    one = bully(2, preempt=False)
    answer(one.state, Asker(None, 1, 5))
    answer(one.state, Asker(None, 1, 6), "timeout")
    answer(one.state, Asker(3, 4, 7), "timeout")
    answer(one.state, Asker(None, 0, 8))
    assert one.state.out == [RequestDone(5), RequestRefused(6, "timeout"), Send(3, AskReply(1, 4, 7, "timeout"))]


def test_it_ends_once() -> None:
    one = bully(2, preempt=False)
    end_transfer(one.state)
    one.state.transfer = Transfer(Asker(None, 1, 5), 3)
    one.state.deadlines.set("transfer_by", 9)
    end_transfer(one.state)
    end_transfer(one.state)
    assert one.state.out == [RequestDone(5)]
    assert one.due_ms("transfer_by") is None
