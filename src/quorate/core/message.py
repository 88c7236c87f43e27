"""The base of every message between nodes."""

import msgspec


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """What one node says to another. Subclasses are tagged with their name, and each algorithm's messages form
    one union that the wire codec decodes. New fields go last and have defaults, so that old and new can talk."""
