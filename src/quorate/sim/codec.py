"""Messages go through the real wire: the production frame and codec, whole frames at a time."""

from collections.abc import Mapping
from typing import Any

import msgspec

from quorate.core.message import Message
from quorate.wire.codec import Codec
from quorate.wire.frames import FrameParser


class WireCodec:
    """`messages`: the algorithm's union of messages; `since`: see `Codec`. What does not come back as it was sent raises
    `ProtocolError`."""

    def __init__(self, messages: Any, since: Mapping[type[msgspec.Struct], int] | None = None) -> None:
        self._codec = Codec(messages, since=since)
        self._parser = FrameParser("a simulated peer")

    def since(self, message: Message) -> int:
        """The protocol version from which on `message` is understood."""
        return self._codec.since(message)

    def encode(self, message: Message) -> bytes:
        """One frame."""
        buffer = bytearray()
        self._codec.append(buffer, message)
        return bytes(buffer)

    def decode(self, data: bytes) -> Message:
        """The message of one whole frame."""
        (payload,) = self._parser.feed(data)
        message = self._codec.decode(payload, "a simulated peer")
        if not isinstance(message, Message):
            raise TypeError(f"{type(message).__name__} is for connections, not for algorithms")
        return message
