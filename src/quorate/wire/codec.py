"""Messages to payloads and back. Which messages there are is an argument: the wire knows no algorithm."""

from typing import Any

import msgspec

from quorate.core.message import Message
from quorate.wire.frames import MAX_FRAME_BYTES, UNDECODABLE, append_frame
from quorate.wire.hello import Refuse
from quorate.wire.refusal import Reason, RefusedError


class Codec:
    """`messages`: one tagged struct type, or a union of them. Beside them a `Refuse` is understood at any time."""

    __slots__ = ("_decoder", "_max_frame_bytes")

    def __init__(self, messages: Any, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._decoder: msgspec.msgpack.Decoder[Message | Refuse] = msgspec.msgpack.Decoder(messages | Refuse)
        self._max_frame_bytes = max_frame_bytes

    def append(self, buffer: bytearray, message: Message) -> int:
        """Append `message` as one frame; its size. Errors as `append_frame`."""
        return append_frame(buffer, message, self._max_frame_bytes)

    def decode(self, payload: memoryview | bytes, source: str) -> Message | Refuse:
        """The one message that fills `payload`. Raises `RefusedError` for anything else; `source` names the sender in it."""
        try:
            return self._decoder.decode(payload)
        except UNDECODABLE as error:
            raise RefusedError(
                Reason.BAD_FRAME, f"a message of {len(payload)} bytes from {source} cannot be read: {error}"
            ) from error
