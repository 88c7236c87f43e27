"""A node's own monotonic clock: it starts anywhere and runs a little too fast or too slow."""

from quorate.core.ids import Nanos

NOMINAL_RATE = 1_000_000
"""Local nanoseconds in 1,000,000 ns of the world's time."""


class Clock:
    """Reads the world's time as one node does. Integers only; `local` never falls, whatever the rate does. `leapt`: it has once counted
    time that did not pass, or not counted what did."""

    __slots__ = ("_local", "_rate", "_world", "leapt")

    def __init__(self, offset: Nanos = 0, rate: int = NOMINAL_RATE) -> None:
        if rate <= 0:
            raise ValueError(f"a clock's rate must be above 0, not {rate}")
        self._world: Nanos = 0
        self._local = offset
        self._rate = rate
        self.leapt = False

    def wrong_by(self, percent: int) -> bool:
        """Whether it has leapt, or runs too fast or too slow by more than that."""
        return self.leapt or abs(self._rate - NOMINAL_RATE) * 100 > percent * NOMINAL_RATE

    def local(self, world: Nanos) -> Nanos:
        """What this clock shows at the world's time."""
        return self._local + (world - self._world) * self._rate // NOMINAL_RATE

    def world(self, local: Nanos) -> Nanos:
        """The first world time at which this clock shows at least `local`, if the rate stays."""
        return self._world + max(0, -(-(local - self._local) * NOMINAL_RATE // self._rate))

    def jump(self, ahead: Nanos) -> None:
        """Leap forward, as after a suspended machine: never backward, or it would not be monotonic."""
        if ahead < 0:
            raise ValueError(f"a monotonic clock leaps forward, not by {ahead} ns")
        self._local += ahead
        self.leapt = True

    def lose(self, time: Nanos) -> None:
        """Count so much less than has passed, as for a machine that was suspended. Nobody may have seen the clock meanwhile."""
        if time < 0:
            raise ValueError(f"a clock loses time, not {time} ns")
        self._local -= time
        self.leapt = True

    def change_rate(self, world: Nanos, rate: int) -> None:
        """Run at another rate from now on."""
        if rate <= 0:
            raise ValueError(f"a clock's rate must be above 0, not {rate}")
        self._local, self._world, self._rate = self.local(world), world, rate
