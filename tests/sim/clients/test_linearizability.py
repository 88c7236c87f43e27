"""Verdicts, and what they cost: legal histories are called so, each kind of offence is caught and shown."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from quorate.machines.kv import CompareAndSwap, Condition, Delete, DeleteResult, Put, PutResult, SwapResult, Target
from quorate.sim.clients.kv_model import Found, Get, KeyValueModel
from quorate.sim.clients.kv_outcomes import infer_outcomes
from quorate.sim.clients.linearizability import GaveUp, Linearizable, NotLinearizable, check
from quorate.sim.clients.operations import Operation
from sim.clients.histories import KEY, Story, legal

MODEL = KeyValueModel()
UNRANKED = KeyValueModel(ranked=False)


@pytest.mark.parametrize("unknown", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("keys", [1, 5])
def test_what_a_single_copy_could_have_answered_is_linearizable(keys: int, unknown: float) -> None:
    for seed in range(25):
        history = legal(Random(seed), 200, clients=6, keys=keys, unknown=unknown)
        assert isinstance(check(infer_outcomes(history), MODEL), Linearizable), seed


@pytest.mark.parametrize(("keys", "unknown"), [(1, 0.0), (1, 0.05), (5, 0.1)])
def test_so_it_is_without_revisions(keys: int, unknown: float) -> None:
    for seed in range(10):
        history = legal(Random(seed), 100, clients=5, keys=keys, unknown=unknown)
        assert isinstance(check(history, UNRANKED, 20_000), Linearizable), seed


def read_something_older(story: Story) -> None:
    """Stale: the put that came after it had been acknowledged."""
    old = story.pair
    story.put()
    story.finds(old)


def lose_a_write(story: Story) -> None:
    """An acknowledged put that the next one does not find."""
    old = story.pair
    story.put()
    story.tell(Put(KEY, b"next", prev_kv=True), PutResult(story.machine.revision + 1, old))


def lose_the_key(story: Story) -> None:
    story.put()
    story.finds(None)


def find_a_value_that_nobody_wrote(story: Story) -> None:
    story.finds(msgspec.structs.replace(story.pair, value=b"nobody's"))


def find_a_wrong_version(story: Story) -> None:
    story.finds(msgspec.structs.replace(story.pair, version=story.pair.version + 1))


def swap_twice_on_one_version(story: Story) -> None:
    condition = (Condition(Target.VERSION, story.pair.version),)
    for value in (b"one", b"two"):
        story.tell(CompareAndSwap(KEY, condition, value), SwapResult(story.machine.revision, succeeded=True))


def refuse_a_swap_that_holds(story: Story) -> None:
    condition = (Condition(Target.VERSION, story.pair.version),)
    story.tell(CompareAndSwap(KEY, condition, b"new"), SwapResult(story.machine.revision, False, story.pair))


def read_back_and_forth(story: Story) -> None:
    """While a put is under way one read finds its value, and a later one does not any more."""
    old = story.pair
    story.tell(Put(KEY, b"slow"), PutResult(story.machine.revision + 1), lasts=1000)
    story.finds(msgspec.structs.replace(old, value=b"slow", version=old.version + 1))
    story.finds(old)


def reappear(story: Story) -> None:
    """A put of unknown outcome is seen, is overwritten, and is there again."""
    story.tell(Put(KEY, b"lost"), None)
    first = msgspec.structs.replace(story.pair, value=b"lost", version=story.pair.version + 1)
    story.finds(first)
    story.tell(Put(KEY, b"over", prev_kv=True), PutResult(story.machine.revision + 2, first))
    story.finds(msgspec.structs.replace(first, version=first.version + 2))


def disappear(story: Story) -> None:
    """A put of unknown outcome is seen, and then it has never been."""
    old = story.pair
    story.tell(Put(KEY, b"lost"), None)
    story.finds(msgspec.structs.replace(old, value=b"lost", version=old.version + 1))
    story.finds(old)


def see_the_future(story: Story) -> None:
    """A read finds a value before its put is called."""
    old = story.pair
    story.finds(msgspec.structs.replace(old, value=b"coming", version=old.version + 1))
    story.tell(Put(KEY, b"coming"), PutResult(story.machine.revision + 1))


def apply_twice(story: Story) -> None:
    """One put, two versions."""
    pair = story.put()
    story.finds(msgspec.structs.replace(pair, version=pair.version + 1))


def delete_nothing(story: Story) -> None:
    story.tell(Delete(KEY), DeleteResult(story.machine.revision, 0))


def delete_twice(story: Story) -> None:
    for revision in (1, 2):
        story.tell(Delete(KEY), DeleteResult(story.machine.revision + revision, 1))


OFFENCES: list[Callable[[Story], None]] = [
    read_something_older,
    lose_a_write,
    lose_the_key,
    find_a_value_that_nobody_wrote,
    find_a_wrong_version,
    swap_twice_on_one_version,
    refuse_a_swap_that_holds,
    read_back_and_forth,
    reappear,
    disappear,
    see_the_future,
    apply_twice,
    delete_nothing,
    delete_twice,
]


def test_a_story_without_an_offence_is_linearizable() -> None:
    for seed in range(30):
        story = Story(seed)
        story.finds(story.put(told=True))
        assert isinstance(check(story.history, MODEL), Linearizable), seed


@pytest.mark.parametrize("model", [MODEL, UNRANKED], ids=["ranked", "unranked"])
@pytest.mark.parametrize("offence", OFFENCES, ids=lambda offence: offence.__name__)
def test_an_offence_is_caught_and_its_evidence_is_about_it(
    offence: Callable[[Story], None], model: KeyValueModel
) -> None:
    """Wherever it happens: at the end, or with more of the same key after it."""
    for seed in range(15):
        story = Story(seed)
        begins = story.now
        offence(story)
        ends = story.now + 1000
        story.now = ends
        if seed % 2:
            story.tell(Delete(KEY), None)
            story.tell(Put(KEY, b"after"), None)
        verdict = check(story.history, model)
        assert isinstance(verdict, NotLinearizable), seed
        assert verdict.partition == KEY
        assert begins < verdict.until_ns <= ends
        assert verdict.until_ns in [operation.returned_ns for operation in verdict.unplaced]
        assert len(verdict.unplaced) == 1 or model is MODEL
        known = [
            operation
            for operation in story.history
            if operation.call.key == KEY and operation.called_ns <= verdict.until_ns
        ]
        assert len(verdict.order) + len(verdict.unplaced) + len(verdict.pending) == len(known)


def test_the_order_in_the_evidence_holds() -> None:
    story = Story(1)
    lose_a_write(story)
    verdict = check(story.history, MODEL)
    assert isinstance(verdict, NotLinearizable)
    state = MODEL.init()
    for operation, after in verdict.order:
        assert MODEL.step(state, operation) == after
        state = after
    assert MODEL.step(state, verdict.unplaced[0]) is None


def test_what_the_budget_does_not_suffice_for_is_not_called_good() -> None:
    history = legal(Random(1), 400, clients=6)
    verdict = check(history, MODEL, budget=50)
    assert isinstance(verdict, GaveUp)
    assert verdict.visited == 50
    assert str(verdict).startswith("no verdict: 50 states of b'k0' were visited")


def test_the_budget_is_for_all_partitions_together() -> None:
    history = legal(Random(2), 300, keys=3, unknown=0.0)
    needed = check(history, MODEL)
    assert isinstance(needed, Linearizable)
    assert isinstance(check(history, MODEL, budget=needed.visited), Linearizable)
    assert isinstance(check(history, MODEL, budget=needed.visited - 1), GaveUp)
    assert check([], MODEL, budget=0) == Linearizable(0)


def test_open_reads_are_left_out() -> None:
    history = [Operation(1, Get(KEY), number) for number in range(100)]
    assert check(history, MODEL, budget=0) == Linearizable(0)


def test_times_of_different_clocks_are_refused() -> None:
    with pytest.raises(ValueError, match="get: nothing returned before it was called: use one clock for all clients"):
        check([Operation(1, Get(KEY), 10, Found(1, None), 9)], MODEL)


@pytest.mark.parametrize(("operations", "clients", "keys"), [(10_000, 5, 1), (10_000, 20, 1), (20_000, 8, 20)])
def test_the_work_grows_with_the_history_and_no_faster(operations: int, clients: int, keys: int) -> None:
    """About one state an operation, with all on one key too. Times are not asserted, they belong to the machine."""
    history = legal(Random(3), operations, clients=clients, keys=keys, unknown=0.0)
    verdict = check(history, MODEL)
    assert isinstance(verdict, Linearizable)
    assert operations <= verdict.visited < 3 * operations
