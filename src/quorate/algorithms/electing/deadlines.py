"""What a node waits for: one field a wait, and the order in which they fire when several are due."""

from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

from quorate.core.ids import Nanos

Wait: TypeAlias = Literal[
    "lease_until",
    "heartbeat_at",
    "alive_by",
    "victory_by",
    "claim_by",
    "hop_by",
    "ring_by",
    "suspect_at",
    "retry_at",
    "transfer_by",
    "pulse_at",
    "watch_by",
    "ping_at",
]
"""In firing order. lease_until: leadership ends unless it is renewed. heartbeat_at: the next one goes out. alive_by: whoever is bigger has
answered. victory_by: whoever is bigger has won. claim_by: enough have granted. hop_by: the next on the ring has confirmed a token.
ring_by: a token has come round. suspect_at: the leader has been heard. retry_at: a new election. transfer_by: whoever was to take
over leads. pulse_at: the next on the ring hears that this node lives. watch_by: the one before on the ring has been heard. ping_at: every
member says that it lives, where all of them do."""

FIRING_ORDER: tuple[Wait, ...] = get_args(Wait)

OF_AN_ELECTION: tuple[Wait, ...] = ("alive_by", "victory_by", "claim_by", "ring_by", "retry_at")
"""What is void once somebody else is accepted as leader."""


class Deadlines:
    """Times on the node's own clock; a wait that is not set is not there."""

    def __init__(self) -> None:
        self._at: dict[Wait, Nanos] = {}

    def __getitem__(self, wait: Wait) -> Nanos | None:
        return self._at.get(wait)

    def set(self, wait: Wait, at: Nanos) -> None:
        """Wait until then; replaces an earlier one."""
        self._at[wait] = at

    def clear(self, *waits: Wait) -> None:
        """Wait no more."""
        for wait in waits:
            self._at.pop(wait, None)

    def next(self) -> Nanos | None:
        """The earliest of all; None: there is none."""
        return min(self._at.values(), default=None)

    def take_due(self, now: Nanos) -> Iterator[Wait]:
        """Those that are due, in firing order, each cleared before it is told. One that an earlier one clears is not told; one that is
        set meanwhile fires in this sweep only if its turn is still to come."""
        for wait in FIRING_ORDER:
            if (at := self._at.get(wait)) is not None and at <= now:
                del self._at[wait]
                yield wait

    def view(self) -> dict[str, Nanos]:
        """All that are set, for people and tests."""
        return {wait: self._at[wait] for wait in FIRING_ORDER if wait in self._at}
