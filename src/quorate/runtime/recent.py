"""What the algorithm has explained lately, kept for people who ask why."""

from collections import deque
from collections.abc import Callable

from quorate.core.effects import Explain
from quorate.core.finding import Explained
from quorate.core.ids import Nanos

KEPT = 4
"""Of each reason the newest so many: what happens all the time must not push out what happened once."""

REASONS = 256
"""More reasons than any algorithm has. Beyond it the oldest is forgotten."""


class Recent:
    """Notes what passes by. `now`: the node's clock. `pass_on`: who else wants to hear of it."""

    def __init__(self, now: Callable[[], Nanos], pass_on: Callable[[Explain], None]) -> None:
        self._now = now
        self._pass_on = pass_on
        self._kept: dict[str, deque[Explained]] = {}

    def note(self, why: Explain) -> None:
        """The algorithm says why something happened, or did not."""
        kept = self._kept.get(why.reason)
        if kept is None:
            if len(self._kept) >= REASONS:
                del self._kept[next(iter(self._kept))]
            kept = self._kept[why.reason] = deque(maxlen=KEPT)
        kept.append(Explained(self._now(), why.reason, why.fields))
        self._pass_on(why)

    def all(self) -> list[Explained]:
        """Oldest first."""
        return sorted((one for kept in self._kept.values() for one in kept), key=lambda one: one.at)
