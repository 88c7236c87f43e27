"""The real clock."""

import time

from quorate.core.ids import Nanos


class MonotonicClock:
    """Nanoseconds that never fall and that no change of the wall clock touches; the zero point means nothing.

    The machine's suspended time is not counted on Linux, so nothing that promises to others may rest on it.
    """

    def now(self) -> Nanos:
        """The present time."""
        return time.monotonic_ns()
