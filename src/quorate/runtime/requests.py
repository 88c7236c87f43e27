"""From operators' requests to the algorithm, and its answers back. Each is answered once, by its deadline or soon after."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from quorate.core.events import Requested
from quorate.core.ids import Nanos, NodeId
from quorate.core.requests import ChangeMembers, Request
from quorate.runtime.limits import Limits

RETRIED = frozenset({"no_leader", "not_leader", "stale_term", "not_ready", "transferring", "change_under_way"})
"""Refusals that time cures: asked again, with a new id, within the operator's time."""

LOST = "leadership_lost"
"""The leader is gone that was asked: it may have done it."""


class RequestFailed(msgspec.Struct, frozen=True):
    """Not carried out, as far as this node knows. `uncertain`: it may come to pass yet."""

    reason: str
    hint: NodeId | None = None
    uncertain: bool = False


Answer: TypeAlias = RequestFailed | None
"""None: what was asked has come to pass."""

Done: TypeAlias = Callable[[Answer], None]


class _Open:
    """A request under way. `retry_at`: when to ask again; None: it was asked and has no answer yet. `lost`: of an attempt there was no
    news, so that it may have come to pass."""

    __slots__ = ("deadline", "done", "lost", "reason", "request", "retry_at")

    def __init__(self, request: Request, deadline: Nanos, done: Done) -> None:
        self.request = request
        self.deadline = deadline
        self.done = done
        self.reason = ""
        self.retry_at: Nanos | None = None
        self.lost = False

    @property
    def repeatable(self) -> bool:
        """Whether asking twice is the same as once."""
        return isinstance(self.request, ChangeMembers) and self.request.expected is None


class Requests:
    """Few at a time: operators are people and their scripts."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: dict[int, _Open] = {}
        self._last_id = 0

    def add(self, request: Request, deadline: Nanos, done: Done) -> Requested | None:
        """Take one; what to ask the algorithm, or None if there is no room, which `done` has been told."""
        if len(self._open) >= self.limits.queued_requests:
            done(RequestFailed("busy"))
            return None
        return self._ask(_Open(request, deadline, done))

    def _ask(self, opened: _Open) -> Requested:
        self._last_id += 1
        self._open[self._last_id] = opened
        opened.retry_at = None
        return Requested(self._last_id, opened.request)

    def finished(self, request_id: int) -> None:
        """It has come to pass."""
        opened = self._open.pop(request_id, None)
        if opened is not None:
            opened.done(None)

    def refused(self, request_id: int, reason: str, hint: NodeId | None, now: Nanos) -> None:
        """It was not carried out: told, or asked again where time may help."""
        opened = self._open.get(request_id)
        if opened is None:
            return
        if opened.lost and reason == "not_a_member":
            # The attempt of which there was no news has removed it.
            self.finished(request_id)
        elif reason in RETRIED or (reason == LOST and opened.repeatable):
            opened.lost = opened.lost or reason == LOST
            opened.reason = reason
            opened.retry_at = now + self.limits.retry_ns
        else:
            del self._open[request_id]
            opened.done(RequestFailed(reason, hint, uncertain=reason == LOST or opened.lost))

    @property
    def look_at(self) -> Nanos | None:
        """When `due` has something to do."""
        if not self._open:  # asked after every step
            return None
        times = [opened.deadline for opened in self._open.values()]
        times += [opened.retry_at for opened in self._open.values() if opened.retry_at is not None]
        return min(times, default=None)

    def due(self, now: Nanos) -> list[Requested]:
        """Answer those whose time is over; what to ask again now."""
        again = []
        for request_id, opened in list(self._open.items()):
            if opened.deadline <= now:
                del self._open[request_id]
                opened.done(self._too_late(opened))
            elif opened.retry_at is not None and opened.retry_at <= now:
                del self._open[request_id]
                again.append(self._ask(opened))
        return again

    @staticmethod
    def _too_late(opened: _Open) -> RequestFailed:
        if opened.retry_at is not None:
            return RequestFailed(f"timeout ({opened.reason})", uncertain=opened.lost)
        return RequestFailed("timeout", uncertain=True)

    def stop(self, reason: str) -> None:
        """Answer everybody."""
        open_requests, self._open = self._open, {}
        for opened in open_requests.values():
            opened.done(RequestFailed(reason, uncertain=opened.retry_at is None))
