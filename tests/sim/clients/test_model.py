"""A model of one's own needs two methods."""

from __future__ import annotations

from quorate.sim.clients.linearizability import Linearizable, NotLinearizable, check
from quorate.sim.clients.model import Model
from quorate.sim.clients.operations import Operation


class Stack(Model[tuple[str, ...], str, str]):
    """Calls push themselves; "pop" takes the last one away."""

    def init(self) -> tuple[str, ...]:
        return ()

    def step(self, state: tuple[str, ...], operation: Operation[str, str]) -> tuple[str, ...] | None:
        if operation.call != "pop":
            return (*state, operation.call)
        if operation.open:
            return state[:-1]
        return state[:-1] if state and state[-1] == operation.answer else None


def test_the_rest_has_defaults() -> None:
    model, push = Stack(), Operation(1, "a", 0, "ok", 1)
    assert (model.partition("a"), model.reads("a"), model.rank(push)) == ("all", False, None)
    assert model.describe(push) == "a: ok"
    assert model.describe(Operation(1, "pop", 0)) == "pop: not known"
    assert model.describe_state(("a", "b")) == "('a', 'b')"


def test_it_judges() -> None:
    pushes = [Operation(1, "a", 0, "ok", 10), Operation(2, "b", 5, "ok", 10)]
    for last in "ab":
        assert isinstance(check([*pushes, Operation(1, "pop", 20, last, 30)], Stack()), Linearizable)
    both = [*pushes, Operation(1, "pop", 20, "a", 30), Operation(1, "pop", 40, "a", 50)]
    assert isinstance(check(both, Stack()), NotLinearizable)
