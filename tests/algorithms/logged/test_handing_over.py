"""Handing leadership over, whoever leads."""

from algorithms.logged.duty import HERE, PATIENCE_NS, Table
from quorate.algorithms.logged.handing_over import (
    MAX_ASKERS,
    begin_transfer,
    best_target,
    end_transfer,
    expire_transfer,
    hand_over_if_caught_up,
    hand_to,
    note_new_leader,
)
from quorate.algorithms.logged.pending import Asker
from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.requests import TransferLeadership


def ask(table: Table, to: int | None = None, only_from: int | None = None) -> list[object]:
    begin_transfer(table, HERE, TransferLeadership(to, only_from))
    return table.take()


def test_the_target_is_told_when_it_has_everything_and_once() -> None:
    table = Table()
    table.append(1, b"", 0)
    assert ask(table, 2) == []
    assert table.did == []
    table.hears(2)
    hand_over_if_caught_up(table)
    hand_over_if_caught_up(table)
    assert table.did == [("order", 2)]
    note_new_leader(table.keeper)
    assert table.keeper.transfer is not None
    table.keeper.leader = 2
    note_new_leader(table.keeper)
    assert table.take() == [RequestDone(7)]


def test_another_that_is_elected_is_not_what_was_asked_for() -> None:
    table = Table()
    ask(table, 2)
    table.keeper.leader = 3
    note_new_leader(table.keeper)
    assert table.take() == [RequestRefused(7, "another_was_elected", 3)]


def test_it_ends_after_an_election_timeout() -> None:
    table = Table()
    ask(table, 2)
    table.keeper.now = PATIENCE_NS - 1
    expire_transfer(table.keeper)
    assert table.keeper.transfer is not None
    table.keeper.now = PATIENCE_NS
    expire_transfer(table.keeper)
    assert table.take() == [RequestRefused(7, "timeout", 1)]


def test_refusals() -> None:
    table = Table()
    assert ask(table, 1) == [RequestRefused(7, "leads_already", 1)]
    assert ask(table, 9) == [RequestRefused(7, "not_a_voter", 1)]
    assert ask(table, 2, only_from=3) == [RequestRefused(7, "leads_not", 1)]
    table.weak = "weighs_nothing"
    assert ask(table, 2) == [RequestRefused(7, "weighs_nothing", 1)]
    assert ask(table) == [RequestRefused(7, "weighs_nothing", 1)]
    table.weak, table.keeper.now = "", PATIENCE_NS
    assert ask(table, 2) == [RequestRefused(7, "target_silent", 1)]
    assert ask(table) == [RequestRefused(7, "nobody_answers", 1)]
    table.keeper.ready = False
    assert ask(table, 2) == [RequestRefused(7, "not_ready", 1)]


def test_the_same_target_again_adds_to_those_who_wait_up_to_a_limit_and_another_replaces_it() -> None:
    table = Table()
    for number in range(MAX_ASKERS):
        begin_transfer(table, Asker(None, 1, number), TransferLeadership(2))
    table.take()
    assert ask(table, 2) == [RequestRefused(7, "busy", 1)]
    hand_to(table, 3)
    assert len(table.take()) == MAX_ASKERS
    end_transfer(table.keeper)
    assert table.reasons() == ["transfer_ended"]


def test_the_best_target_has_everything_then_most() -> None:
    table = Table()
    table.append(1, b"", 0)
    table.append(1, b"", 0)
    table.hears(2, match=1)
    assert best_target(table) == 2
    table.hears(3)
    assert best_target(table) == 3
