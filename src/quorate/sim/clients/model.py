"""What a single copy of the service would have answered: the specification that a history is held against."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Generic, TypeVar

from quorate.sim.clients.operations import Answer, Call, Operation

State = TypeVar("State", bound=Hashable)


class Model(ABC, Generic[State, Call, Answer]):
    """The sequential specification. `init` and `step` are enough; the rest makes the search short and its evidence readable.

    Calls and states are hashable, and states are never None. Everything is a function of its arguments.
    """

    @abstractmethod
    def init(self) -> State:
        """The state before any operation, of each partition."""

    @abstractmethod
    def step(self, state: State, operation: Operation[Call, Answer]) -> State | None:
        """The state after `operation` if it took effect in `state`; None if it could not have been answered as it was.

        An open operation has no answer; it takes effect whatever that would have been.
        """

    def partition(self, _call: Call) -> Hashable:
        """What the call touches, such as a key. Operations of different partitions must not influence each other."""
        return "all"

    def reads(self, _call: Call) -> bool:
        """Whether the call leaves every state as it is, whatever its answer."""
        return False

    def rank(self, _operation: Operation[Call, Answer]) -> int | None:
        """Where the answer itself says that the operation stands in the order, as a revision does: those of lower rank took effect
        before it. None: it does not say."""
        return None

    def describe(self, operation: Operation[Call, Answer]) -> str:
        """Call and answer in a few words."""
        return f"{operation.call}: {'not known' if operation.open else operation.answer}"

    def describe_state(self, state: State) -> str:
        """The state in a few words."""
        return str(state)
