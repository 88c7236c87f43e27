"""Whether a history of concurrent operations can be explained by one order in which each took effect at one moment of its own.

The search is that of Wing and Gong (1993) with Lowe's memory of what was tried (2017), as porcupine does it (Athalye 2017): the candidates
at each point are the operations that were called before any of those that remain had returned. One is placed, the model says whether it
may have been answered so; if the search comes to nothing it is taken back, and the next one is tried. A set of placed operations with the
state that it leads to is tried once.

Beyond that:

- What the model judges apart, such as the keys of a store, is searched apart (linearizability is local: Herlihy and Wing 1990).
- Open operations never return, so they bind nobody. They are tried last, for most are needed only where something has seen them.
- An operation that leaves every state as it is, a read, is placed as soon as it fits, and nothing is tried in its stead.
- Where answers say themselves how the operations follow each other, as the revisions of a store do, no other order is tried.
- The search may visit so many states; to have spent them is a verdict of its own.
- A history that has no order is cut at the first answer that nothing explains. There is one, since linearizability is a safety property.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Generic, TypeAlias

import msgspec

from quorate.core.errors import InvariantError
from quorate.core.ids import Nanos
from quorate.sim.clients.model import Model, State
from quorate.sim.clients.operations import Answer, Call, Operation
from quorate.sim.clients.search import Search

BUDGET = 200_000
BUDGET_PER_OPERATION = 10
"""States that a check may visit unless told otherwise, to which each operation adds. An operation takes about one, with a handful
of unknown outcomes on a key; with many the work doubles with each, and this much of it takes some ten seconds."""


class Linearizable(msgspec.Struct, frozen=True):
    """There is an order. `visited`: states tried."""

    visited: int


class NotLinearizable(msgspec.Struct, Generic[State, Call, Answer], frozen=True):
    """No order explains the operations of one partition.

    `until_ns`: when something was answered that no order explains; before, there was one. `order`: of the operations up to then, the
    longest that was found, each with the state after it. `unplaced`: answered by then, and not in it. `pending`: called, but not answered
    by then, and not in it. `operations`: how many the partition has in all.
    """

    partition: Hashable
    operations: int
    until_ns: Nanos
    order: tuple[tuple[Operation[Call, Answer], State], ...]
    unplaced: tuple[Operation[Call, Answer], ...]
    pending: tuple[Operation[Call, Answer], ...]
    visited: int


class GaveUp(msgspec.Struct, frozen=True):
    """The budget was spent before `partition` was decided; those before it are in order, those after it were not looked at."""

    partition: Hashable
    visited: int

    def __str__(self) -> str:
        return (
            f"no verdict: {self.visited:,} states of {self.partition!r} were visited, which is all that was allowed. "
            "Allow more, let fewer clients share a key, or use a key for fewer operations"
        )


Verdict: TypeAlias = Linearizable | NotLinearizable[State, Call, Answer] | GaveUp


def check(
    history: Sequence[Operation[Call, Answer]], model: Model[State, Call, Answer], budget: int | None = None
) -> Verdict[State, Call, Answer]:
    """Judge a history. `budget`: the most states to visit; the evidence of a bad history may cost some times as much again."""
    allowed = BUDGET + BUDGET_PER_OPERATION * len(history) if budget is None else budget
    partitions: dict[Hashable, list[Operation[Call, Answer]]] = {}
    for operation in history:
        if operation.returned_ns is None and model.reads(operation.call):
            continue
        if operation.returned_ns is not None and operation.returned_ns < operation.called_ns:
            raise ValueError(
                f"{model.describe(operation)} returned before it was called: use one clock for all clients"
            )
        partitions.setdefault(model.partition(operation.call), []).append(operation)
    visited = 0
    for partition, operations in partitions.items():
        search = Search(model, operations)
        ending = search.run(allowed - visited)
        visited += search.visited
        if ending == "spent":
            return GaveUp(partition, visited)
        if ending == "none":
            return _evidence(partition, operations, model, visited)
    return Linearizable(visited)


def _evidence(
    partition: Hashable, operations: list[Operation[Call, Answer]], model: Model[State, Call, Answer], visited: int
) -> NotLinearizable[State, Call, Answer]:
    """Find the first answer that nothing explains, and how far one gets until then."""
    allowed = visited + 10_000
    returns = sorted({operation.returned_ns for operation in operations if operation.returned_ns is not None})
    explained, bad = -1, len(returns) - 1
    while bad - explained > 1:
        middle = (explained + bad) // 2
        if Search(model, _known_at(operations, returns[middle])).run(allowed) == "none":
            bad = middle
        else:
            explained = middle
    known = _known_at(operations, returns[bad])
    order = _longest_order(model, known, allowed)
    placed = {id(operation) for operation in order}
    rest = [operation for operation in known if id(operation) not in placed]
    return NotLinearizable(
        partition=partition,
        operations=len(operations),
        until_ns=returns[bad],
        order=tuple(_with_states(model, order)),
        unplaced=tuple(operation for operation in rest if not operation.open),
        pending=tuple(operation for operation in rest if operation.open),
        visited=visited,
    )


def _known_at(operations: list[Operation[Call, Answer]], moment: Nanos) -> list[Operation[Call, Answer]]:
    """The history as it was then: what was answered later is open."""
    return [
        operation
        if operation.returned_ns is None or operation.returned_ns <= moment
        else msgspec.structs.replace(operation, answer=None, returned_ns=None)
        for operation in operations
        if operation.called_ns <= moment
    ]


def _longest_order(
    model: Model[State, Call, Answer], operations: list[Operation[Call, Answer]], allowed: int
) -> list[Operation[Call, Answer]]:
    """Search to the end, to learn where the most were placed, and once more up to there."""
    whole = Search(model, operations)
    whole.run(allowed)
    part = Search(model, operations)
    part.run(whole.deepest_at)
    return part.order()


def _with_states(
    model: Model[State, Call, Answer], order: list[Operation[Call, Answer]]
) -> Iterator[tuple[Operation[Call, Answer], State]]:
    state = model.init()
    for operation in order:
        after = model.step(state, operation)
        if after is None:
            raise InvariantError(f"the model is not deterministic: {model.describe(operation)} fitted before")
        state = after
        yield operation, state
