"""Who wants to hear of a driver."""

from typing import Protocol

from quorate.core.effects import ConfigurationChanged, Explain, LeaderChanged
from quorate.runtime.record import Record


class Listener(Protocol):
    """Called on the driver's thread, in the middle of its work: to ask it something is allowed, to wait is not."""

    def leader_changed(self, change: LeaderChanged) -> None:
        """The algorithm's news, when it may be told."""
        ...

    def configuration_changed(self, change: ConfigurationChanged) -> None:
        """Whom to be connected to: see the effect."""
        ...

    def failed(self, error: BaseException) -> None:
        """The node has stopped for good; called once."""
        ...

    def explained(self, why: Explain) -> None:
        """The algorithm says why something happened, or did not."""
        ...

    def recorded(self, record: Record) -> None:
        """Each step, before its effects happen; only if the driver was made with `recording`."""
        ...
