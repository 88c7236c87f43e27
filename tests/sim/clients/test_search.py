"""The search, on models small enough to see through."""

from __future__ import annotations

from random import Random

import pytest

from quorate.sim.clients.kv_model import KeyValueModel
from quorate.sim.clients.model import Model
from quorate.sim.clients.operations import Operation
from quorate.sim.clients.search import Search
from sim.clients.histories import brute_force, legal, perturbed


class Adder(Model[int, int, int]):
    """A number; every call adds to it and is answered with the sum. A call of 0 is a read."""

    def init(self) -> int:
        return 0

    def step(self, state: int, operation: Operation[int, int]) -> int | None:
        after = state + operation.call
        return after if operation.answer in (None, after) else None

    def reads(self, call: int) -> bool:
        return call == 0


class RankedAdder(Adder):
    """Sums only grow, so they tell the order."""

    def rank(self, operation: Operation[int, int]) -> int | None:
        return operation.answer


def op(call: int, called: int, answer: int | None = None, returned: int | None = None) -> Operation[int, int]:
    return Operation(1, call, called, answer, returned)


def search(*operations: Operation[int, int], model: Model[int, int, int] | None = None) -> Search[int, int, int]:
    return Search(model or Adder(), operations)


def test_nothing_is_fine() -> None:
    assert search().run(0) == "found"


def test_one_after_the_other() -> None:
    assert search(op(1, 0, 1, 1), op(2, 2, 3, 3)).run(10) == "found"
    assert search(op(1, 0, 3, 1), op(2, 2, 2, 3)).run(10) == "none"


def test_concurrent_ones_may_come_in_either_order() -> None:
    assert search(op(1, 0, 3, 5), op(2, 1, 2, 6)).run(10) == "found"
    assert search(op(1, 0, 3, 5), op(2, 1, 3, 6)).run(10) == "none"


def test_a_return_and_a_call_at_one_moment_are_concurrent() -> None:
    assert search(op(1, 0, 3, 1), op(2, 1, 2, 3)).run(10) == "found"


def test_a_long_one_spans_many() -> None:
    short = [op(1, 10 * number, number, 10 * number + 5) for number in range(1, 51)]
    assert search(op(100, 0, 125, 1000), *short[:25]).run(100) == "found"
    assert search(op(100, 0, 150, 1000), *short).run(100) == "found"
    assert search(op(100, 0, 151, 1000), *short).run(1000) == "none"


def test_an_open_one_takes_effect_when_it_is_needed_or_never() -> None:
    assert search(op(5, 0), op(1, 1, 1, 2)).run(10) == "found"
    assert search(op(5, 0), op(1, 1, 6, 2)).run(10) == "found"
    assert search(op(5, 0), op(1, 1, 1, 2), op(1, 100, 7, 200)).run(10) == "found"


def test_an_open_one_takes_effect_once_and_not_before_its_call() -> None:
    assert search(op(5, 0), op(1, 1, 6, 2), op(1, 3, 12, 4)).run(10) == "none"
    assert search(op(1, 1, 6, 2), op(5, 3)).run(10) == "none"
    assert search(op(1, 1, 6, 3), op(5, 3)).run(10) == "found"


def test_what_has_taken_effect_cannot_be_undone() -> None:
    assert search(op(5, 0), op(0, 1, 5, 2), op(0, 3, 0, 4)).run(10) == "none"


def test_equal_open_ones_cost_no_more_than_their_number() -> None:
    """Of 30 open additions of 1, 25 took effect: without the rule for twins there are 2 ** 30 ways to choose them."""
    pending = [op(1, number) for number in range(30)]
    fine = search(*pending, op(0, 100, 25, 101))
    assert fine.run(1000) == "found"
    assert fine.visited <= 32
    bad = search(*pending, op(0, 100, 25, 101), op(0, 102, 24, 103))
    assert bad.run(1000) == "none"
    assert bad.visited <= 60


def test_reads_are_not_tried_in_every_order() -> None:
    """40 concurrent reads before something that cannot be: 2 ** 40 sets of them."""
    reads = [op(0, number, 0, 1000 + number) for number in range(40)]
    bad = search(*reads, op(1, 500, 7, 2000))
    assert bad.run(1000) == "none"
    assert bad.visited <= 41


def test_ranks_leave_no_choice() -> None:
    """14 concurrent additions of different numbers, called in the worst order."""
    sums = [number * (number + 1) // 2 for number in range(15)]
    history = [op(number, 20 - number, sums[number], 100) for number in range(1, 15)]
    ranked = search(*history, model=RankedAdder())
    assert ranked.run(14) == "found"
    assert [operation.call for operation in ranked.order()] == list(range(1, 15))
    assert search(*history, op(0, 200, sums[14] - 1, 201), model=RankedAdder()).run(100) == "none"


def test_the_budget_is_kept() -> None:
    """Concurrent additions of powers of two whose answers tell nothing of their order until the end."""
    pending = [op(1 << number, 0) for number in range(20)]
    hard = search(*pending, op(0, 100, -1, 101))
    assert hard.run(500) == "spent"
    assert hard.visited == 500


def test_the_deepest_point_is_found_again() -> None:
    operations = [op(1, 0, 1, 1), op(2, 2, 3, 3), op(4, 4, 9, 5)]
    first = search(*operations)
    assert first.run(100) == "none"
    assert (first.deepest, first.deepest_at) == (2, 2)
    again = search(*operations)
    assert again.run(first.deepest_at) == "spent"
    assert again.order() == operations[:2]


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize(("size", "count"), [(2, 1000), (3, 1500), (4, 1500), (5, 1000), (6, 400), (7, 80)])
def test_it_says_what_trying_every_order_says(size: int, count: int, ranked: bool) -> None:
    model = KeyValueModel(ranked=ranked)
    verdicts = {True: 0, False: 0}
    for seed in range(count):
        random = Random(1000 * size + seed)
        history = legal(random, size, clients=random.choice((2, 3, 4)), unknown=0.3, versions=2)
        for _ in range(seed % 6):
            history = perturbed(random, history)
        truth = brute_force(history, model)
        assert Search(model, history).run(100_000) == ("found" if truth else "none"), (size, seed)
        verdicts[truth] += 1
    assert min(verdicts.values()) > count // 50


@pytest.mark.parametrize("model", [Adder(), RankedAdder()])
def test_it_says_what_trying_every_order_says_of_sums(model: Model[int, int, int]) -> None:
    """Equal open calls, reads, and answers that several orders explain."""
    verdicts = {True: 0, False: 0}
    for seed in range(1200):
        random = Random(seed)
        history = []
        for _ in range(random.randint(2, 6)):
            call, called = random.choice((0, 0, 1, 1, 1, 2)), random.randrange(20)
            if random.random() < 0.35:
                history.append(op(call, called))
            else:
                history.append(op(call, called, random.randint(call, 4), called + random.randrange(12)))
        truth = brute_force(history, model)
        assert search(*history, model=model).run(100_000) == ("found" if truth else "none"), seed
        verdicts[truth] += 1
    assert min(verdicts.values()) > 120
