"""Changing the members, whoever leads; tests/scenarios has what comes of it among several nodes."""

import pytest

from algorithms.logged.duty import HERE, PATIENCE_NS, Table
from quorate.algorithms.logged.membership import (
    begin_change,
    begin_leaving,
    go_on,
    note_removed,
    remove_dead,
    why_not,
)
from quorate.algorithms.logged.pending import Transfer
from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove
from quorate.core.requests import ChangeMembers


def change(table: Table, *changes: Change, auto_leave: bool = True, expected: int | None = None) -> list[object]:
    table.take()
    begin_change(table, HERE, ChangeMembers(changes, expected, auto_leave))
    return [told for told in table.take() if isinstance(told, RequestDone | RequestRefused)]


def test_the_answer_waits_for_the_commit_and_who_is_gone_is_told_after_it() -> None:
    table = Table()
    assert change(table, Remove(3)) == []
    assert change(table, Add(4)) == [RequestRefused(7, "change_under_way", 1)]
    table.commit()
    go_on(table)
    assert RequestDone(7) in table.take()
    assert table.did == [("dismiss", 3)]


def test_a_joint_configuration_is_left_as_soon_as_it_is_committed() -> None:
    table = Table((1, 2, 3, 4))
    assert change(table, Remove(3), Remove(4)) == []
    assert table.keeper.configuration.joint
    table.commit()
    go_on(table)
    assert (table.keeper.configuration.joint, table.keeper.unsettled) == (False, True)
    table.commit()
    go_on(table)
    assert RequestDone(7) in table.take()


def test_a_joint_configuration_may_wait_for_the_operator() -> None:
    table = Table((1, 2, 3, 4))
    begin_leaving(table, HERE)
    assert table.take() == [RequestRefused(7, "not_joint", 1)]
    change(table, Remove(3), Remove(4), auto_leave=False)
    table.commit()
    go_on(table)
    assert change(table, Add(5)) == [RequestRefused(7, "joint", 1)]
    begin_leaving(table, HERE)
    assert not table.keeper.configuration.joint


@pytest.mark.parametrize(
    ("hindrance", "transferring", "expected"),
    [("not_ready", True, "not_ready"), ("", True, "transferring"), ("", False, "")],
)
def test_what_is_in_the_way(hindrance: str, transferring: bool, expected: str) -> None:
    table = Table()
    table.hindrance = hindrance
    table.keeper.transfer = Transfer(2, 1, 100, None) if transferring else None
    assert why_not(table) == expected


def test_what_cannot_be_is_refused_by_name() -> None:
    table = Table()
    assert change(table, Promote(9)) == [RequestRefused(7, "not_a_member", 1)]
    assert change(table, Remove(3), expected=5) == [RequestRefused(7, "configuration_changed", 1)]
    assert change(table, Demote(1), Demote(2), Demote(3)) == [RequestRefused(7, "last_voter", 1)]
    assert change(table, Promote(2)) == [RequestDone(7)]
    table.misfit = "in_no_group"
    assert change(table, Add(4, voter=True)) == [RequestRefused(7, "in_no_group", 1)]


def test_a_learner_that_wants_to_vote_does_when_it_has_caught_up_and_answers() -> None:
    table = Table(catch_up_entries=0)
    change(table, Add(4, wants_vote=True, replaces=3))
    table.commit()
    go_on(table)
    assert table.keeper.configuration.learners == (4,)
    table.keeper.now = PATIENCE_NS
    table.hears(4, match=0)
    go_on(table)
    assert table.keeper.configuration.learners == (4,)
    table.hears(4)
    table.misfit = "in_no_group"
    go_on(table)
    assert table.keeper.configuration.learners == (4,)
    table.misfit = ""
    go_on(table)
    assert (table.keeper.configuration.voters, table.keeper.configuration.outgoing) == ((1, 2, 4), (1, 2, 3))


def test_a_leader_that_is_removed_goes_and_hands_over_to_one_that_has_everything() -> None:
    for match, successor in ((1, 2), (0, None)):
        table = Table()
        change(table, Remove(1))
        table.commit()
        table.hears(2, match=match)
        go_on(table)
        assert table.did == [("give_up", successor)]


def test_the_dead_are_removed_if_the_settings_say_so_but_never_too_many() -> None:
    table = Table(remove_dead_after_ns=5 * PATIENCE_NS, least_voters=2)
    table.keeper.now = 5 * PATIENCE_NS
    table.hears(2)
    remove_dead(table)
    assert table.keeper.configuration.voters == (1, 2)
    table.commit()
    table.keeper.now *= 3
    remove_dead(table)
    assert table.keeper.configuration.voters == (1, 2)
    alive = Table()
    alive.keeper.now = 50 * PATIENCE_NS
    remove_dead(alive)
    assert alive.keeper.configuration.voters == (1, 2, 3)


def test_who_is_told_that_it_was_removed_believes_it_unless_it_knows_better() -> None:
    keeper = Table().keeper
    assert not note_removed(keeper, 2, 0)
    assert note_removed(keeper, 2, 5)
    assert not note_removed(keeper, 2, 5)
    assert keeper.removed
