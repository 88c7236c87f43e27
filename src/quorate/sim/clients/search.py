"""The search for one order of concurrent operations that explains them all; see `linearizability` for what it is about."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, Literal, TypeAlias

from quorate.core.ids import Nanos
from quorate.sim.clients.model import Model, State
from quorate.sim.clients.operations import Answer, Call, Operation

Ending: TypeAlias = Literal["found", "none", "spent"]
"""found: there is an order. none: there is none. spent: the budget did not suffice to know."""

_HEAD = 0
"""The list's position before its first event."""
_RETURN = -1


class Search(Generic[State, Call, Answer]):
    """Depth first, over the operations of one partition; it runs once.

    Calls and returns of the closed operations are a doubly linked list in order of time, without those of placed ones; so the calls
    before its first return are the candidates. A call and a return at the same moment count as concurrent.

    What is placed is written as `base`, `window` and `mask`: of the closed ones, in the order of their calls, all before number `base`
    and those that `window` has a bit for from there on; of the open ones those in `mask`. So it stays small, however long the history.

    `_ranked` of the operations whose answers say where they stand are placed, always the lowest `_ranks`.

    `visited`: states tried. `deepest`: the most closed ones placed at once, first when `deepest_at` states were visited.
    """

    def __init__(self, model: Model[State, Call, Answer], operations: Sequence[Operation[Call, Answer]]) -> None:
        in_order = sorted(operations, key=_called)
        self.closed = [operation for operation in in_order if not operation.open]
        self.open = [operation for operation in in_order if operation.open]
        self.visited = 0
        self.deepest = 0
        self.deepest_at = 0
        self._model = model
        self._reads = [model.reads(operation.call) for operation in self.closed]
        self._rank = [model.rank(operation) for operation in self.closed]
        self._ranks = sorted(rank for rank in self._rank if rank is not None)
        self._ranked = 0
        self._twins = _twins(self.open)
        self._seen: set[tuple[int, int, int, State]] = set()
        self._frames: list[tuple[int, State, int, int, int]] = []
        self._state, self._base, self._window, self._mask = model.init(), 0, 0, 0
        self._depth = 0
        self._link()

    def run(self, budget: int) -> Ending:
        """Search, visiting at most `budget` states."""
        while self._depth < len(self.closed):
            if self.visited >= budget:
                return "spent"
            if not self._place_next() and not self._take_back():
                return "none"
        return "found"

    def order(self) -> list[Operation[Call, Answer]]:
        """What is placed now."""
        return [self.closed[frame[0]] if frame[0] >= 0 else self.open[~frame[0]] for frame in self._frames]

    def _link(self) -> None:
        """Lay out the list. `_event`: by position, the number of the operation that is called there, or `_RETURN`."""
        moments = [(operation.called_ns, 0, number) for number, operation in enumerate(self.closed)]
        moments += [(operation.returned_ns or 0, 1, number) for number, operation in enumerate(self.closed)]
        moments.sort()
        self._event = [_RETURN, *(_RETURN if returns else number for _, returns, number in moments)]
        self._times: list[Nanos] = [0, *(moment[0] for moment in moments)]
        self._next = list(range(1, len(moments) + 2))
        self._before = list(range(-1, len(moments) + 1))
        self._call_at = [0] * len(self.closed)
        self._return_at = [0] * len(self.closed)
        for position, (_, returns, number) in enumerate(moments, 1):
            (self._return_at if returns else self._call_at)[number] = position
        self._position = self._next[_HEAD]
        self._candidate = 0

    def _place_next(self) -> bool:
        """Place the next candidate that fits and leads to something new; False if none is left here."""
        step, state, closed, event = self._model.step, self._state, self.closed, self._event
        lowest = self._ranks[self._ranked] if self._ranked < len(self._ranks) else None
        position = self._position
        while (number := event[position]) >= 0:
            rank = self._rank[number]
            after = step(state, closed[number]) if rank is None or rank == lowest else None
            if after is not None:
                if self._place(number, after):
                    return True
                if self._reads[number]:
                    # A read that fits can be placed first in every order from here; what follows was tried, to no end.
                    return False
            position = self._next[position]
        return self._place_open(self._times[position])

    def _place(self, number: int, after: State) -> bool:
        base, window = self._base, self._window | 1 << (number - self._base)
        while window & 1:
            base, window = base + 1, window >> 1
        if not self._enter(number, after, base, window, self._mask):
            return False
        self._depth += 1
        self._ranked += self._rank[number] is not None
        if self._depth > self.deepest:
            self.deepest, self.deepest_at = self._depth, self.visited
        following, before = self._next, self._before
        for position in (self._call_at[number], self._return_at[number]):
            following[before[position]] = following[position]
            before[following[position]] = before[position]
        self._position = following[_HEAD]
        return True

    def _place_open(self, until: Nanos) -> bool:
        """Place the next open operation that was called by then, changes the state and leads to something new."""
        for number in range(self._candidate, len(self.open)):
            operation = self.open[number]
            if operation.called_ns > until:
                break
            twin = self._twins[number]
            if self._mask >> number & 1 or not (twin is None or self._mask >> twin & 1):
                continue
            after = self._model.step(self._state, operation)
            if after is None or after == self._state:
                continue
            if self._enter(~number, after, self._base, self._window, self._mask | 1 << number):
                self._position = self._next[_HEAD]
                return True
        return False

    def _enter(self, number: int, after: State, base: int, window: int, mask: int) -> bool:
        """Go on from there, unless it was tried before."""
        key = (base, window, mask, after)
        if key in self._seen:
            return False
        self._seen.add(key)
        self.visited += 1
        self._frames.append((number, self._state, self._base, self._window, self._mask))
        self._base, self._window, self._mask, self._state = key
        self._candidate = 0
        return True

    def _take_back(self) -> bool:
        """Take back what was placed last and could have been another; False if there is nothing."""
        while self._frames:
            number, self._state, self._base, self._window, self._mask = self._frames.pop()
            if number < 0:
                self._position = self._first_return()
                self._candidate = ~number + 1
                return True
            self._depth -= 1
            self._ranked -= self._rank[number] is not None
            for position in (self._return_at[number], self._call_at[number]):
                self._next[self._before[position]] = self._before[self._next[position]] = position
            if not self._reads[number]:
                self._position = self._next[self._call_at[number]]
                self._candidate = 0
                return True
        return False

    def _first_return(self) -> int:
        position = self._next[_HEAD]
        while self._event[position] != _RETURN:
            position = self._next[position]
        return position


def _called(operation: Operation[Call, Answer]) -> Nanos:
    return operation.called_ns


def _twins(operations: Sequence[Operation[Call, Answer]]) -> list[int | None]:
    """For each open operation the last one before it with the same call. It is tried only after that one: whatever it explains, the
    one that was called earlier does too."""
    last: dict[Hashable, int] = {}
    twins: list[int | None] = []
    for number, operation in enumerate(operations):
        twins.append(last.get(operation.call))
        last[operation.call] = number
    return twins
