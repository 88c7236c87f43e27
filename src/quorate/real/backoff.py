"""How long to wait between attempts to connect."""

from random import Random

from quorate.core.ids import Nanos


class Backoff:
    """The first wait is none, then the limit doubles from `first_ns` to `longest_ns`; each wait is drawn from the upper
    half below the limit, so that nodes that lost the same peer do not return in step."""

    def __init__(self, first_ns: Nanos, longest_ns: Nanos, random: Random) -> None:
        self._first_ns = first_ns
        self._longest_ns = longest_ns
        self._random = random
        self._limit_ns = 0

    def reset(self) -> None:
        """The last connection was a good one: begin anew."""
        self._limit_ns = 0

    def next(self) -> Nanos:
        """The wait before the next attempt."""
        limit_ns = self._limit_ns
        self._limit_ns = min(max(self._first_ns, 2 * limit_ns), self._longest_ns)
        return self._random.randint(limit_ns // 2, limit_ns)
