"""An algorithm that is watched: each step becomes a line of a trace, also the one that it did not survive."""

from collections.abc import Callable, Sequence

from quorate.core.algorithm import Algorithm, Inspection, Status
from quorate.core.consistency import Standing
from quorate.core.effects import Effect
from quorate.core.events import Event
from quorate.core.finding import Explained, Finding
from quorate.core.ids import Index, Nanos, NodeId
from quorate.runtime.record import Fatal, Record


class Witness:
    """Satisfies `Algorithm` by means of `algorithm`. `tell` is called after each step, before its effects happen, and must not raise."""

    def __init__(self, algorithm: Algorithm, node: NodeId, tell: Callable[[Record | Fatal], None]) -> None:
        self._algorithm = algorithm
        self._node = node
        self._tell = tell

    def start(self, now: Nanos) -> list[Effect]:
        """As the algorithm does."""
        effects = self._algorithm.start(now)
        self._tell(Record(now, self._node, None, tuple(effects)))
        return effects

    def step(self, event: Event, now: Nanos) -> list[Effect]:
        """As the algorithm does."""
        try:
            effects = self._algorithm.step(event, now)
        except Exception as error:
            self._tell(Fatal(now, self._node, event, f"{type(error).__name__}: {error}"))
            raise
        self._tell(Record(now, self._node, event, tuple(effects)))
        return effects

    def deadline(self) -> Nanos | None:
        """As the algorithm does."""
        return self._algorithm.deadline()

    def status(self, now: Nanos) -> Status:
        """As the algorithm does."""
        return self._algorithm.status(now)

    def why(self, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
        """As the algorithm does."""
        return self._algorithm.why(now, recent)

    def standing(self, applied: Index, now: Nanos) -> Standing:
        """As the algorithm does."""
        return self._algorithm.standing(applied, now)

    def inspect(self) -> Inspection:
        """As the algorithm does."""
        return self._algorithm.inspect()

    def check(self) -> None:
        """As the algorithm does."""
        self._algorithm.check()
