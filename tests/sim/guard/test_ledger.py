"""Equal positions mean equal results, and each command is applied as often as it was proposed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from quorate.machines.results import ResultCodec, StoredResult
from quorate.sim.guard.ledger import Ledger, Step
from quorate.sim.invariants import InvariantBrokenError

CODEC = ResultCodec()


def results(*values: object) -> list[StoredResult]:
    return [CODEC.encode(value) for value in values]


def step(command: bytes, result: object = 0, node: int = 1, index: int = 5) -> Step:
    return Step(command, CODEC.encode(result), repr(result), node, index)


def ledger(*commands: bytes, proposed: Sequence[bytes] = ()) -> Ledger:
    """Each in an entry of its own, with its position as its result."""
    book = Ledger()
    if proposed:
        book.proposed(proposed)
    for position, command in enumerate(commands):
        book.applied(position, step(command, position, index=position + 1))
    return book


def breaks(title: str, words: str) -> pytest.RaisesExc[InvariantBrokenError]:
    return pytest.raises(InvariantBrokenError, match=f"^{title}: .*{words}")


# --- equality


def test_all_nodes_may_apply_the_same() -> None:
    book = ledger(b"a", b"b")
    book.applied(0, step(b"a", 0, node=2))
    book.applied(1, step(b"b", 1, node=2))
    assert [known.command for known in book.steps] == [b"a", b"b"]


def test_another_result_is_told_with_both_nodes() -> None:
    book = ledger(b"a", b"b")
    with breaks("State equality", r"command 2, log index 2: b'b' gave 7 on node 3, 1 on node 1\. apply\(\) depends"):
        book.applied(1, step(b"b", 7, node=3, index=2))


def test_another_command_is_told() -> None:
    book = ledger(b"a", b"b")
    with breaks("State equality", "command 1, log index 9: node 2 applied b'x', node 1 b'a'"):
        book.applied(0, step(b"x", 0, node=2, index=9))


def test_nobody_is_ahead_of_everybody() -> None:
    with breaks("State equality", "node 1 applied b'a' as command 2 when only 0 were known"):
        Ledger().applied(1, step(b"a"))


def test_states_at_one_position_are_equal() -> None:
    book = ledger(b"a", b"b")
    book.state(1, 2, b"state")
    book.state(2, 2, b"state")
    book.state(2, 1, b"earlier")
    with breaks(
        "State equality",
        r"after 2 commands, the last being b'b' \(log index 2\).*b'stale'.* on node 3, b'state'.* on node 1",
    ):
        book.state(3, 2, b"stale")


def test_states_before_any_command_are_equal_too() -> None:
    book = Ledger()
    book.state(1, 0, b"empty")
    with breaks("State equality", "after 0 commands"):
        book.state(2, 0, b"other")


def test_of_large_states_only_the_digest_is_kept() -> None:
    book = Ledger()
    large = b"x" * 1_000_000
    book.state(1, 0, large)
    book.state(2, 0, large)
    with breaks("State equality", "after 0 commands"):
        book.state(2, 0, large + b"y")
    assert sum(len(kept) for _, kept, _ in book._states.values()) == 0


# --- exactly once


def test_a_command_is_applied_as_often_as_it_was_proposed() -> None:
    book = ledger(b"a", b"b", proposed=[b"a", b"b", b"a"])
    book.applied(2, step(b"a", 2, index=3))
    with breaks(
        "Exactly once",
        r"b'a' is applied 3 times \(now on node 1, log index 4\).*proposed 2 times.*command 1 \(log index 1\), command 3 \(log index 3\)",
    ):
        book.applied(3, step(b"a", 3, index=4))


def test_nothing_is_applied_that_nobody_proposed() -> None:
    book = ledger(b"a", proposed=[b"a"])
    with breaks("Exactly once", "b'z' is applied 1 times .*before, it was never applied"):
        book.applied(1, step(b"z"))


def test_without_clients_nothing_is_counted() -> None:
    ledger(b"a", b"a", b"a")


def test_what_was_refused_is_not_applied_later() -> None:
    book = ledger(b"a", proposed=[b"a", b"b"])
    book.refused([b"b"])
    with breaks("Exactly once", "b'b' is applied 1 times"):
        book.applied(1, step(b"b"))


def test_what_is_applied_is_not_refused_later() -> None:
    book = ledger(b"a", proposed=[b"a"])
    with breaks("Exactly once", r"b'a' was refused and is not tried again, but it was command 1 \(log index 1\)"):
        book.refused([b"a"])


def test_of_two_equal_commands_one_may_be_refused() -> None:
    book = ledger(b"a", proposed=[b"a", b"a"])
    book.refused([b"a"])
    book.acknowledged([b"a"], results(0))


def test_what_is_acknowledged_is_applied_with_that_result() -> None:
    book = ledger(b"a", b"b", proposed=[b"a", b"b"])
    book.acknowledged([b"b"], results(1))
    assert book.settled == 2
    with breaks("Acknowledged is applied", "a client was told that b'a' are applied with results that no machine gave"):
        book.acknowledged([b"a"], results(1))
    with breaks("Acknowledged is applied", "b'c'"):
        book.acknowledged([b"c"], results(0))


def test_what_is_acknowledged_at_once_is_applied_at_once() -> None:
    book = ledger(b"a", b"b", proposed=[b"a", b"b"])
    with breaks("Acknowledged is applied", "b'a' and b'b' are applied .*in one entry"):
        book.acknowledged([b"a", b"b"], results(0, 1))
    book = Ledger()
    for position, command in enumerate((b"a", b"b", b"c", b"d")):
        book.applied(position, step(command, position, index=8))
    book.acknowledged([b"b", b"c"], results(1, 2))
    with breaks("Acknowledged is applied", "b'a' and b'c'"):
        book.acknowledged([b"a", b"c"], results(0, 2))


def test_one_application_is_acknowledged_once() -> None:
    book = ledger(b"a", proposed=[b"a", b"a"])
    book.acknowledged([b"a"], results(0))
    with breaks("Exactly once", "b'a' was acknowledged 2 times with the same result, but applied so 1 times"):
        book.acknowledged([b"a"], results(0))


def test_nothing_proposed_is_nothing_to_acknowledge() -> None:
    book = Ledger()
    book.acknowledged([], [])
    assert book.settled == 0


# --- reads and the end


def test_a_read_sees_what_was_settled() -> None:
    book = ledger(b"a", b"b")
    book.read(1, 0, 2)
    assert book.settled == 2
    with breaks("Fresh reads", "a read on node 2 saw the state after 1 commands; 2 were settled"):
        book.read(2, 2, 1)


def test_at_the_end_nothing_is_missing() -> None:
    book = ledger(b"a", b"b")
    book.complete(1, 2)
    with breaks("Nothing is lost", "node 2 ends after 1 commands of 2"):
        book.complete(2, 1)
