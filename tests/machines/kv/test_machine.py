"""The key-value machine against a plain dict, and through sessions and snapshots."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from machines.builders import ALICE, cut, cuts, send
from machines.kv.dumb import DumbStore
from quorate.core.errors import DamagedError, InvariantError
from quorate.core.machine import CommandError, StateMachine
from quorate.machines.kv import (
    FROM_KEY,
    Command,
    CompareAndSwap,
    Condition,
    Delete,
    DeleteResult,
    KeyValue,
    KeyValueMachine,
    Put,
    PutResult,
    RangeResult,
    Relation,
    SortTarget,
    SwapResult,
    Target,
    encode_command,
    prefix_range,
)
from quorate.machines.sessions import SessionedMachine


def run(machine: KeyValueMachine, *commands: Command) -> list[Any]:
    return [machine.apply(encode_command(command)) for command in commands]


class TestRevisions:
    def test_an_empty_store_is_at_revision_one(self) -> None:
        machine = KeyValueMachine()
        assert machine.range(b"k") == RangeResult(1, [], 0)
        assert len(machine) == 0

    def test_puts_count_for_the_store_and_for_the_key(self) -> None:
        machine = KeyValueMachine()
        answers = run(machine, Put(b"a", b"1"), Put(b"b", b"1"), Put(b"a", b"2", prev_kv=True), Put(b"b", b"1"))
        assert answers == [PutResult(2), PutResult(3), PutResult(4, KeyValue(b"a", b"1", 2, 2, 1)), PutResult(5)]
        assert machine.get(b"a") == KeyValue(b"a", b"2", 2, 4, 2)
        assert machine.get(b"b") == KeyValue(b"b", b"1", 3, 5, 2)
        assert machine.get(b"c") is None

    def test_asking_for_a_previous_pair_that_is_not_there(self) -> None:
        machine = KeyValueMachine()
        assert run(machine, Put(b"a", b"1", prev_kv=True), Delete(b"b", prev_kv=True)) == [
            PutResult(2),
            DeleteResult(2, 0),
        ]

    def test_a_deleted_range_takes_one_revision(self) -> None:
        machine = KeyValueMachine()
        run(machine, *(Put(key, key) for key in (b"a", b"b", b"c")))
        (answer,) = run(machine, Delete(b"a", b"c", prev_kv=True))
        assert answer == DeleteResult(5, 2, (KeyValue(b"a", b"a", 2, 2, 1), KeyValue(b"b", b"b", 3, 3, 1)))
        assert run(machine, Delete(*prefix_range(b""))) == [DeleteResult(6, 1)]
        assert len(machine) == 0

    def test_what_changes_nothing_takes_none(self) -> None:
        machine = KeyValueMachine()
        run(machine, Put(b"a", b"1"))
        nothing: list[Command] = [
            Delete(b"b"),
            Delete(b"b", b"z"),
            CompareAndSwap(b"a", (Condition(Target.VERSION, 9),), b"2"),
            CompareAndSwap(b"b", (Condition(Target.VERSION, 0),), None),
        ]
        assert {answer.revision for answer in run(machine, *nothing)} == {2}
        with pytest.raises(CommandError):
            machine.apply(b"nonsense")
        assert machine.revision == 2


class TestCompareAndSwap:
    def test_made_only_if_it_is_not_there(self) -> None:
        machine = KeyValueMachine()
        lock = CompareAndSwap(b"lock", (Condition(Target.VERSION, 0),), b"me")
        found = KeyValue(b"lock", b"me", 2, 2, 1)
        assert run(machine, lock, lock) == [SwapResult(2, succeeded=True), SwapResult(2, succeeded=False, found=found)]

    def test_deleted_only_if_it_is_mine(self) -> None:
        machine = KeyValueMachine()
        run(machine, Put(b"lock", b"me"))

        def unlock(owner: bytes) -> CompareAndSwap:
            return CompareAndSwap(b"lock", (Condition(Target.VALUE, owner),), None, prev_kv=True)

        found = KeyValue(b"lock", b"me", 2, 2, 1)
        assert run(machine, unlock(b"you")) == [SwapResult(2, succeeded=False, found=found)]
        assert run(machine, unlock(b"me")) == [SwapResult(3, succeeded=True, found=found)]
        assert run(machine, unlock(b"me")) == [SwapResult(3, succeeded=False)]

    def test_all_conditions_must_hold(self) -> None:
        machine = KeyValueMachine()
        run(machine, Put(b"k", b"m"))
        low, high = Condition(Target.VALUE, b"a", Relation.GREATER), Condition(Target.VALUE, b"z", Relation.LESS)
        wrong = Condition(Target.MOD, 3)
        answers = run(
            machine, *(CompareAndSwap(b"k", parts, b"n") for parts in [(low, wrong), (wrong, high), (low, high)])
        )
        assert [answer.succeeded for answer in answers] == [False, False, True]

    @pytest.mark.parametrize("target", Target)
    @pytest.mark.parametrize("relation", Relation)
    def test_each_relation_on_each_target(self, target: Target, relation: Relation) -> None:
        machine = KeyValueMachine()
        run(machine, Put(b"other", b""), Put(b"k", b"5"), Put(b"k", b"5"))
        operands: dict[Target, list[Any]] = {
            Target.VERSION: [1, 2, 3],
            Target.CREATE: [2, 3, 4],
            Target.MOD: [3, 4, 5],
            Target.VALUE: [b"4", b"5", b"6"],
        }
        expected = {
            Relation.EQUAL: [False, True, False],
            Relation.GREATER: [True, False, False],
            Relation.LESS: [False, False, True],
            Relation.NOT_EQUAL: [True, False, True],
        }
        held = []
        for operand in operands[target]:
            copy = KeyValueMachine()
            copy.restore(machine.snapshot())
            (answer,) = run(copy, CompareAndSwap(b"k", (Condition(target, operand, relation),), b"new"))
            held.append(answer.succeeded)
        assert held == expected[relation]

    @pytest.mark.parametrize("relation", Relation)
    def test_a_key_that_is_not_there_has_zeros_and_no_value(self, relation: Relation) -> None:
        holds_for_zero = relation is Relation.EQUAL
        for target in (Target.VERSION, Target.CREATE, Target.MOD):
            (answer,) = run(KeyValueMachine(), CompareAndSwap(b"k", (Condition(target, 0, relation),), b"v"))
            assert answer.succeeded is holds_for_zero
        (answer,) = run(KeyValueMachine(), CompareAndSwap(b"k", (Condition(Target.VALUE, b"", relation),), b"v"))
        assert answer == SwapResult(1, succeeded=False)


class TestRange:
    def machine(self) -> KeyValueMachine:
        machine = KeyValueMachine()
        run(machine, *(Put(key, b"value " + key) for key in (b"a/1", b"a/2", b"a/3", b"b/1")))
        return machine

    def test_a_prefix_with_a_limit_says_that_there_is_more(self) -> None:
        result = self.machine().range(*prefix_range(b"a/"), limit=2)
        assert ([pair.key for pair in result.pairs], result.count, result.more) == ([b"a/1", b"a/2"], 3, True)
        result = self.machine().range(*prefix_range(b"a/"), limit=3)
        assert (result.count, result.more) == (3, False)

    def test_the_count_alone(self) -> None:
        machine = self.machine()
        assert machine.range(b"a", FROM_KEY, count_only=True, limit=1) == RangeResult(5, [], 4)
        assert machine.range(b"a/1", count_only=True) == RangeResult(5, [], 1)
        assert machine.range(b"none", count_only=True) == RangeResult(5, [], 0)

    def test_keys_without_values_sorted_by_value(self) -> None:
        result = self.machine().range(b"a", b"b", keys_only=True, sort_by=SortTarget.VALUE, descending=True, limit=1)
        assert result == RangeResult(5, [KeyValue(b"a/3", b"", 4, 4, 1)], 3, more=True)

    def test_a_read_changes_nothing(self) -> None:
        machine = self.machine()
        before = list(machine.snapshot())
        machine.range(b"a", b"b").pairs.clear()
        assert list(machine.snapshot()) == before

    def test_a_read_of_no_key_is_refused(self) -> None:
        with pytest.raises(CommandError, match="key is empty"):
            self.machine().range(b"", FROM_KEY)


class TestBounds:
    def test_a_command_that_got_past_the_encoder_is_refused_when_applied(self) -> None:
        machine = KeyValueMachine()
        with pytest.raises(CommandError) as caught:
            machine.apply(b"\x93\x01\xc4\x00\xc4\x01v")
        assert caught.value.code == "empty_key"
        assert machine.revision == 1

    def test_deleting_more_than_can_be_returned_is_refused_and_deletes_nothing(self) -> None:
        machine = KeyValueMachine()
        run(machine, *(Put(b"%02d" % number, bytes(1024 * 1024)) for number in range(17)))
        with pytest.raises(CommandError, match="nothing is deleted: leave out prev_kv") as caught:
            run(machine, Delete(b"0", FROM_KEY, prev_kv=True))
        assert caught.value.code == "result_too_large"
        assert (len(machine), machine.revision) == (17, 18)
        assert run(machine, Delete(b"0", b"15", prev_kv=True))[0].deleted == 15
        assert run(machine, Delete(b"0", FROM_KEY)) == [DeleteResult(20, 2)]


class TestSnapshot:
    def test_it_is_a_state_machine(self) -> None:
        assert isinstance(KeyValueMachine(), StateMachine)

    def test_the_view_is_that_of_the_call(self) -> None:
        machine = KeyValueMachine()
        run(machine, Put(b"a", b"1"), Put(b"b", b"1"))
        captured = machine.snapshot()
        run(machine, Put(b"a", b"2"), Delete(b"b"), Put(b"c", b"1"))
        copy = KeyValueMachine()
        copy.restore(captured)
        assert copy.range(b"a", FROM_KEY) == RangeResult(
            3, [KeyValue(b"a", b"1", 2, 2, 1), KeyValue(b"b", b"1", 3, 3, 1)], 2
        )
        copy.check()

    def test_a_damaged_stream_leaves_the_state_as_it_was(self) -> None:
        machine = KeyValueMachine()
        run(machine, Put(b"a", b"1"))
        with pytest.raises(DamagedError):
            machine.restore([b"".join(machine.snapshot())[:-1]])
        assert machine.get(b"a") == KeyValue(b"a", b"1", 2, 2, 1)

    def test_answers_have_their_types_after_a_snapshot(self) -> None:
        commands = [
            encode_command(Put(b"k", b"1")),
            encode_command(Put(b"k", b"2", prev_kv=True)),
            encode_command(CompareAndSwap(b"k", (Condition(Target.VALUE, b"1"),), b"3")),
            b"malformed",
            encode_command(Delete(b"k", prev_kv=True)),
        ]
        machine = SessionedMachine(KeyValueMachine())
        outcome = send(machine, ALICE, 1, *commands)
        assert outcome is not None
        copy = SessionedMachine(KeyValueMachine())
        copy.restore(machine.snapshot())
        assert copy.results_of(ALICE, 1) == outcome.results
        assert [type(result) for result in outcome.results] == [
            PutResult,
            PutResult,
            SwapResult,
            CommandError,
            DeleteResult,
        ]
        assert copy.digest() == machine.digest()

    def test_check_finds_a_pair_from_the_future(self) -> None:
        machine = KeyValueMachine()
        run(machine, Put(b"a", b"1"))
        machine.check()
        machine.revision = 1
        with pytest.raises(InvariantError, match="revision 2 in a store of revision 1"):
            machine.check()


keys = st.sampled_from([b"\0", b"a", b"a\0", b"a\xff", b"ab", b"b", b"\xff", b"\xff\xff"])
range_ends = st.just(b"") | st.just(FROM_KEY) | keys
values = st.sampled_from([b"", b"x", b"y"])
operands = st.integers(0, 12)
condition_lists = st.lists(
    st.builds(Condition, st.just(Target.VALUE), values, st.sampled_from(Relation))
    | st.builds(
        Condition, st.sampled_from([Target.VERSION, Target.CREATE, Target.MOD]), operands, st.sampled_from(Relation)
    ),
    min_size=1,
    max_size=2,
).map(tuple)


class AgainstDict(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.machine = KeyValueMachine()
        self.dumb = DumbStore()
        self.captured: tuple[Any, DumbStore] = (self.machine.snapshot(), self.dumb.copy())

    def both(self, command: Command) -> None:
        assert self.machine.apply(encode_command(command)) == self.dumb.apply(command)

    @rule(key=keys, value=values, prev_kv=st.booleans())
    def put(self, key: bytes, value: bytes, prev_kv: bool) -> None:
        self.both(Put(key, value, prev_kv))

    @rule(key=keys, range_end=range_ends, prev_kv=st.booleans())
    def delete(self, key: bytes, range_end: bytes, prev_kv: bool) -> None:
        self.both(Delete(key, range_end, prev_kv))

    @rule(key=keys, conditions=condition_lists, value=st.none() | values, prev_kv=st.booleans())
    def swap(self, key: bytes, conditions: tuple[Condition, ...], value: bytes | None, prev_kv: bool) -> None:
        self.both(CompareAndSwap(key, conditions, value, prev_kv))

    @rule(data=st.binary(max_size=12))
    def nonsense(self, data: bytes) -> None:
        with pytest.raises(CommandError):
            self.machine.apply(b"\xc1" + data)

    @rule(
        key=keys,
        range_end=range_ends,
        limit=st.integers(-1, 5),
        count_only=st.booleans(),
        keys_only=st.booleans(),
        sort_by=st.sampled_from(SortTarget),
        descending=st.booleans(),
    )
    def read(self, key: bytes, range_end: bytes, **options: Any) -> None:
        assert self.machine.range(key, range_end, **options) == self.dumb.range(key, range_end, **options)
        assert self.machine.get(key) == self.dumb.pairs.get(key)

    @rule()
    def capture(self) -> None:
        self.captured = self.machine.snapshot(), self.dumb.copy()

    @rule(borders=cuts())
    def go_back_to_the_captured_state(self, borders: list[int]) -> None:
        chunks, self.dumb = self.captured[0], self.captured[1].copy()
        self.machine = KeyValueMachine()
        self.machine.restore(cut(b"".join(chunks), borders))

    @invariant()
    def the_same_and_sound(self) -> None:
        assert self.machine.revision == self.dumb.revision
        assert len(self.machine) == len(self.dumb.pairs)
        self.machine.check()


TestAgainstDict = AgainstDict.TestCase
TestAgainstDict.settings = settings(max_examples=60, stateful_step_count=40)
