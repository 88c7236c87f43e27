"""The real clocks."""

import time

from quorate.core.errors import ConfigError
from quorate.core.ids import Nanos


class MonotonicClock:
    """Nanoseconds that never fall and that no change of the wall clock touches; the zero point means nothing.

    The machine's suspended time is not counted on Linux, so nothing that promises to others may rest on it.
    """

    def now(self) -> Nanos:
        """The present time."""
        return time.monotonic_ns()


class BootClock(MonotonicClock):
    """As `MonotonicClock`, and goes on counting while the machine is suspended: Linux's `CLOCK_BOOTTIME`. A lease may rest on it.

    Raises `ConfigError` where there is no such clock.
    """

    def __init__(self) -> None:
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        if clock is None:
            raise ConfigError(
                "leases need a clock that goes on counting while the machine is suspended (CLOCK_BOOTTIME of Linux), and this system "
                "has none: switch leases off, and use linearizable reads"
            )
        self._clock: int = clock

    def now(self) -> Nanos:
        """The present time."""
        return time.clock_gettime_ns(self._clock)
