"""The base of every message between nodes."""

import msgspec

OLDEST_VERSION = 1
NEWEST_VERSION = 2
"""The versions of the protocol between nodes that this release speaks. Two nodes speak the newest that both know; what came in with a
later version than the first is listed beside the messages, and is neither sent nor relied upon where it is not understood."""


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """What one node says to another. Subclasses are tagged with their name, and each algorithm's messages form
    one union that the wire codec decodes. New fields go last and have defaults, so that old and new can talk."""

    @property
    def kind(self) -> str:
        """What it is counted as: its name; of an envelope, the name of what is inside."""
        return type(self).__name__

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """All that `kind` can be."""
        return (cls.__name__,)
