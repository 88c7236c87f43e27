from random import Random

from quorate.core.ids import MILLISECOND
from quorate.real.backoff import Backoff


def waits(count: int, seed: int = 1) -> list[int]:
    backoff = Backoff(10 * MILLISECOND, 250 * MILLISECOND, Random(seed))
    return [backoff.next() for _ in range(count)]


def test_first_attempt_is_immediate_and_the_limit_doubles_up_to_the_longest():
    limits = [0, 10, 20, 40, 80, 160, 250, 250, 250]
    for seed in range(50):
        for wait, limit in zip(waits(9, seed), limits, strict=True):
            assert limit * MILLISECOND // 2 <= wait <= limit * MILLISECOND


def test_nodes_do_not_return_in_step():
    assert len({waits(7, seed)[-1] for seed in range(20)}) > 15


def test_reset_begins_anew():
    backoff = Backoff(10 * MILLISECOND, 250 * MILLISECOND, Random(1))
    for _ in range(9):
        backoff.next()
    backoff.reset()
    assert backoff.next() == 0
    assert backoff.next() <= 10 * MILLISECOND
