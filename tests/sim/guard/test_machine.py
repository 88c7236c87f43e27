"""The guard: each rule bites, and a machine that keeps them all is left in peace."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from quorate.core.machine import CommandError, StateMachine
from quorate.machines.kv import KeyValueMachine
from quorate.sim.guard.ledger import Ledger
from quorate.sim.guard.machine import GuardedMachine, GuardSettings, guarded
from quorate.sim.guard.rules import MachineBrokenError, Rule
from quorate.sim.invariants import InvariantBrokenError
from sim.guard import machines
from sim.guard.machines import Words

WORDS = [b"a", b"b", b"", b"c", b"d", b"e", b"f"]


def guard(make: Callable[[], StateMachine] = Words, *, ledger: Ledger | None = None, every: int = 3) -> GuardedMachine:
    return GuardedMachine(1, make, ledger or Ledger(), GuardSettings(every=every))


def feed(machine: GuardedMachine, commands: Sequence[bytes] = WORDS) -> list[Any]:
    results = []
    for command in commands:
        try:
            results.append(machine.apply(command))
        except CommandError as refusal:
            results.append(refusal)
    return results


def broken(make: Callable[[], StateMachine], *, every: int = 3) -> MachineBrokenError:
    with pytest.raises(MachineBrokenError) as caught:
        feed(guard(make, every=every))
    return caught.value


@pytest.mark.parametrize("make", [Words, machines.Seeded, machines.Declared, machines.Generating, machines.LostResults])
def test_a_machine_that_keeps_the_rules_is_left_in_peace(make: type[Words]) -> None:
    machine = guard(make)
    feed(machine)
    machine.compare()
    state = b"".join(machine.snapshot())
    other = guard(make, ledger=machine._ledger)
    other.restore([state])
    assert other.position == len(WORDS)
    assert b"".join(other.snapshot()) == state


def test_results_and_refusals_are_those_of_the_machine() -> None:
    assert feed(guard()) == [1, 2, CommandError("an empty word", "empty"), 3, 4, 5, 6]


def test_the_key_value_machine_keeps_the_rules() -> None:
    machine = guard(KeyValueMachine)
    assert machine.result_type == KeyValueMachine().result_type
    machine.compare()
    assert guarded(machine) is machine
    assert guarded(machine.machine) is None


BREAKERS: list[tuple[type[Words], Rule, int, str]] = [
    (machines.Clocked, Rule.CLOCK, 0, "calls time.time() at "),
    (machines.ClockedEarly, Rule.CLOCK, 0, "calls time.time() at "),
    (machines.Dated, Rule.CLOCK, 0, "calls datetime.now() at "),
    (machines.Tolerant, Rule.CLOCK, 0, "calls time.monotonic() at "),
    (machines.Drawing, Rule.RANDOMNESS, 0, "calls random.randint() at "),
    (machines.Unseeded, Rule.RANDOMNESS, 0, "calls random.Random() at "),
    (machines.Identified, Rule.RANDOMNESS, 0, "calls uuid.uuid4() at "),
    (machines.Environed, Rule.HOST, 0, "reads os.environ at "),
    (machines.Addressed, Rule.RESULT, 0, "gives two results"),
    (machines.Moody, Rule.EXCEPTION, 0, "on one copy only"),
    (machines.Crashing, Rule.UNDECLARED, 3, "raises KeyError('no such word')"),
    (machines.HalfDone, Rule.REFUSAL, 1, "raises CommandError and has changed the state"),
    (machines.Unencodable, Rule.ENCODABLE, 0, "which does not come back from a snapshot"),
    (machines.WrongType, Rule.ENCODABLE, 0, "returns 1 (int)"),
    (machines.Aliasing, Rule.ALIAS, 0, "returned something that later commands changed"),
    (machines.Counting, Rule.RESULT, 3, "came from a snapshot taken after 3 commands: does that carry everything?"),
    (machines.Shared, Rule.RESULT, 0, "Shared.words lives on the class"),
]


@pytest.mark.parametrize(
    ("make", "rule", "position", "words"), BREAKERS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_command_that_breaks_a_rule_is_named(make: type[Words], rule: Rule, position: int, words: str) -> None:
    error = broken(make)
    assert error.rule is rule
    assert (error.place.position, error.place.command) == (position, WORDS[position])
    assert words in str(error)
    assert f"{make.__name__}: apply of {WORDS[position]!r} (command {position + 1}, node 1)" in str(error)


def test_the_two_results_and_the_probable_cause_are_there_to_be_read() -> None:
    error = broken(machines.Counting)
    assert error.results == ("4", "1")
    assert error.cause.startswith("the attribute 'count' is 4 in one copy, 1 in the other")


STATES: list[tuple[type[Words], Rule, str]] = [
    (machines.Restless, Rule.STABLE, "a second snapshot() differs from the first"),
    (machines.Chunky, Rule.UNDECLARED, "restore() of a snapshot in 3 pieces raises JSONDecodeError"),
    (machines.Forgetful, Rule.RESTORE, "restore() does not bring back what snapshot() gave"),
]


@pytest.mark.parametrize(("make", "rule", "words"), STATES, ids=lambda value: getattr(value, "__name__", None))
def test_a_snapshot_that_breaks_a_rule_is_named(make: type[Words], rule: Rule, words: str) -> None:
    error = broken(make)
    assert (error.rule, error.place.command) == (rule, None)
    assert words in str(error)
    assert "state (after 3 commands, node 1)" in str(error)


def test_a_snapshot_of_text_is_no_snapshot() -> None:
    error = broken(machines.Texts)
    assert (error.rule, error.place.command) == (Rule.BYTES, None)
    assert "(after 2 commands, node 1) snapshot() gives " in str(error)


def test_of_states_that_differ_the_command_is_found() -> None:
    machine = guard(machines.Stamped, every=6)
    with pytest.raises(MachineBrokenError) as caught:
        feed(machine, [b"a", b"b", b"c", b"stamp", b"e", b"f"])
    error = caught.value
    assert (error.rule, error.place.position, error.place.command) == (Rule.STATE, 3, b"stamp")
    assert "the attribute 'words' is [" in error.cause


def test_a_difference_since_the_last_look_is_found_too() -> None:
    machine = guard(machines.Stamped, every=2)
    with pytest.raises(MachineBrokenError) as caught:
        feed(machine, [b"a", b"b", b"c", b"d", b"stamp", b"e"])
    assert (caught.value.rule, caught.value.place.position) == (Rule.STATE, 4)


def test_one_object_for_all_is_refused() -> None:
    only = Words()
    assert broken(lambda: only).rule is Rule.SHARED


def test_a_query_must_not_change_the_machine() -> None:
    machine = guard()
    feed(machine)
    assert machine.ask(lambda words: len(words.words)) == 6
    with pytest.raises(MachineBrokenError, match=r"is changed by .*<lambda>, which should only read") as caught:
        machine.ask(lambda words: words.words.pop())
    assert caught.value.rule is Rule.QUERY


def test_nothing_but_commands_changes_the_machine() -> None:
    machine = guard()
    feed(machine)
    machine.compare()
    machine.compare()
    machine.machine.words.append("behind the back")
    with pytest.raises(MachineBrokenError, match="has changed without a command") as caught:
        machine.compare()
    assert caught.value.rule is Rule.IDLE


def test_a_snapshot_that_is_read_later_must_be_detached() -> None:
    machine = guard(machines.Lazy)
    feed(machine)
    assert json.loads(b"".join(machine.snapshot())[8:]) == ["a", "b", "c", "d", "e", "f"]
    late = machine.snapshot()
    machine.apply(b"g")
    with pytest.raises(MachineBrokenError, match="reads otherwise after later commands") as caught:
        list(late)
    assert caught.value.rule is Rule.DETACHED


def test_a_restore_on_a_running_machine_drops_what_was_there() -> None:
    source = guard(machines.Adding)
    feed(source, [b"x"])
    snapshot = list(source.snapshot())
    machine = guard(machines.Adding)
    machine.restore(snapshot)
    with pytest.raises(MachineBrokenError, match="does not bring back") as caught:
        machine.restore(snapshot)
    assert caught.value.rule is Rule.RESTORE


def test_a_restored_machine_goes_on_where_the_other_was() -> None:
    ledger = Ledger()
    one, two = guard(ledger=ledger), guard(ledger=ledger)
    feed(one)
    two.restore(one.snapshot())
    assert (two.position, two.machine.words) == (7, ["a", "b", "c", "d", "e", "f"])
    assert feed(two, [b"g"]) == feed(one, [b"g"]) == [7]


def test_two_nodes_that_differ_are_found_at_the_first_difference() -> None:
    ledger = Ledger()
    feed(guard(ledger=ledger))
    other = guard(ledger=ledger)
    feed(other, WORDS[:4])
    other.machine.words.append("ghost")
    other._twin.words.append("ghost")
    with pytest.raises(
        InvariantBrokenError, match=r"command 5, log index 0: b'd' gave 5 on node 1, 4 on node 1"
    ) as caught:
        other.apply(b"d")
    assert caught.value.title == "State equality"


def test_states_of_two_nodes_are_compared() -> None:
    ledger = Ledger()
    feed(guard(ledger=ledger), WORDS[:3])
    other = guard(ledger=ledger, every=100)
    feed(other, WORDS[:3])
    other.machine.words[0] = other._twin.words[0] = "z"
    with pytest.raises(InvariantBrokenError, match="State equality: after 3 commands, the last being b''"):
        other.compare()


def test_a_check_after_each_command_is_told_the_place() -> None:
    places = []
    machine = GuardedMachine(4, Words, Ledger(), GuardSettings(), lambda _guard, place: places.append(place))
    feed(machine, [b"a", b""])
    assert [(place.position, place.command, place.node) for place in places] == [(0, b"a", 4), (1, b"", 4)]


def test_a_result_that_is_lost_may_be_declared() -> None:
    machine = guard(machines.LostResults)
    assert isinstance(feed(machine, [b"a"])[0], machines.LostResults)
    assert machine.position == 1
