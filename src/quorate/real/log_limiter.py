"""A bound on repeated log lines, so that a flapping peer or a flood of garbage cannot fill a disk."""

from collections.abc import Callable, Hashable

from quorate.core.ids import Nanos

MAX_KEYS = 1024
"""Keys remembered; beyond that the oldest is forgotten, and may then be logged a little early."""


class LogLimiter:
    """Lets one line a key through in each `interval_ns` and counts the others."""

    def __init__(self, interval_ns: Nanos, now: Callable[[], Nanos]) -> None:
        self._interval_ns = interval_ns
        self._now = now
        self._keys: dict[Hashable, tuple[Nanos, int]] = {}  # time of the last line, lines held back since

    def admit(self, key: Hashable) -> int | None:
        """How many lines of `key` were held back since its last one, if this one may be written; else None."""
        now = self._now()
        last, held_back = self._keys.get(key, (None, 0))
        if last is not None and now - last < self._interval_ns:
            self._keys[key] = (last, held_back + 1)
            return None
        self._keys.pop(key, None)
        if len(self._keys) >= MAX_KEYS:
            del self._keys[next(iter(self._keys))]
        self._keys[key] = (now, 0)
        return held_back
