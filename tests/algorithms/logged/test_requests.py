"""Requests of operators, whoever leads."""

from algorithms.logged.duty import HERE, Table
from quorate.algorithms.logged.pending import Asker
from quorate.algorithms.logged.requests import take_answer, take_question, take_request
from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.events import Requested
from quorate.core.reconfigure import Promote
from quorate.core.requests import ChangeMembers, LeaveJoint, ReportFreshness, Request, TransferLeadership

CHANGE = ChangeMembers((Promote(2),))


def ask(table: Table, request: Request, *, too_old: bool = False) -> list[object]:
    take_request(table, Requested(7, request), too_old=too_old)
    return table.take()


def test_the_leader_acts() -> None:
    table = Table()
    assert ask(table, CHANGE) == [RequestDone(7)]
    assert ask(table, LeaveJoint()) == [RequestRefused(7, "not_joint", 1)]
    assert ask(table, TransferLeadership(1)) == [RequestRefused(7, "leads_already", 1)]
    assert ask(table, ReportFreshness(1)) == [RequestRefused(7, "unsupported", 1)]
    take_question(table, HERE, CHANGE)
    assert table.take() == [RequestDone(7)]


def test_others_pass_on_what_a_leader_can_be_asked() -> None:
    table = Table()
    table.leading, table.keeper.leader = False, 2
    assert ask(table, CHANGE) == []
    assert ask(table, TransferLeadership(3)) == []
    assert (table.did, table.keeper.asked) == ([("pass_on", 7), ("pass_on", 7)], {7: None})
    assert ask(table, CHANGE, too_old=True) == [RequestRefused(7, "leader_too_old", 2)]
    take_question(table, HERE, CHANGE)
    assert table.take() == [RequestRefused(7, "not_leader", 2)]
    take_answer(table.keeper, HERE, "", None)
    assert (table.take(), table.keeper.asked) == ([RequestDone(7)], {})
    take_answer(table.keeper, Asker(None, 9, 7), "", None)
    assert table.take() == []


def test_without_a_leader_or_a_group_nothing_can_be_asked() -> None:
    table = Table()
    table.leading, table.keeper.leader = False, None
    assert ask(table, CHANGE) == [RequestRefused(7, "no_leader", None)]
    table.keeper.removed_at = 5
    assert ask(table, CHANGE) == [RequestRefused(7, "removed", None)]
