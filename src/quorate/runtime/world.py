"""The `World` protocol: what the driver asks of its surroundings. `real/world.py` and `sim/world.py` provide it.

Every callback the world makes happens on the driver's own thread (the event loop), one at a time.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from quorate.core.ids import Nanos, NodeId
from quorate.core.message import Message

T = TypeVar("T")


class World(Protocol):
    """Clock, timer, links and disk lanes of one node."""

    def now(self) -> Nanos:
        """Monotonic time; never falls."""
        ...

    def arm(self, deadline: Nanos | None) -> None:
        """Call the driver's `wake()` at `deadline`, or soon after; replaces the earlier deadline. It may also call
        early."""
        ...

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back after what is now ready has been handled, without waiting for time to pass."""
        ...

    def send(self, to: NodeId, message: Message) -> None:
        """Put on the present link to `to`. Without a link the message is dropped. Never blocks: a link whose buffer
        is over its bound is broken instead, and the driver is told."""
        ...

    def write(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """Run `job` off the driver's thread in the write lane (one job at a time, in order), then `done(result)`
        with what it returned or raised. `done` is never called before this returns. A job that is a `LogWrite` may be done in its halves
        instead, if that is sooner."""
        ...

    def background(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """As `write`, in a second lane that never delays it: building, reading and loading snapshots."""
        ...
