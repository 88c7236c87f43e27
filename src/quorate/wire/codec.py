"""Messages to payloads and back. Which messages there are is an argument: the wire knows no algorithm."""

from collections.abc import Mapping
from typing import Any

import msgspec

from quorate.core.message import Message
from quorate.wire.frames import MAX_FRAME_BYTES, UNDECODABLE, append_frame
from quorate.wire.refusal import Reason, Refuse, RefusedError, printable

_UNKNOWN_TAG_CHARACTERS = 40


class UnknownMessage(msgspec.Struct, frozen=True):
    """A message of a type that this release does not have; `tag` is its name, made printable."""

    tag: str


class Codec:
    """`messages`: one tagged struct type, or a union of them. Beside them a `Refuse` is understood at any time. `since`: the protocol
    version in which a type came in; those not listed are of the first."""

    __slots__ = ("_decoder", "_last", "_max_frame_bytes", "_since", "_tags")

    def __init__(
        self,
        messages: Any,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        since: Mapping[type[msgspec.Struct], int] | None = None,
    ) -> None:
        self._decoder: msgspec.msgpack.Decoder[Message | Refuse] = msgspec.msgpack.Decoder(messages | Refuse)
        self._max_frame_bytes = max_frame_bytes
        self._since = dict(since or {})
        self._tags = _tags(messages | Refuse)
        self._last: tuple[Message | None, bytearray, int, int] = (None, bytearray(), 0, 0)

    def since(self, message: Message) -> int:
        """The protocol version from which on `message` is understood."""
        return self._since.get(type(message), 1)

    def append(self, buffer: bytearray, message: Message) -> int:
        """Append `message` as one frame; its size. Errors as `append_frame`.

        The same object once more, for another peer, is copied from where it was encoded. For that a buffer may be added to and given away
        but not changed."""
        last, source, begin, end = self._last
        if message is last and source is not buffer:
            with memoryview(source) as view:
                buffer += view[begin:end]
            return end - begin
        begin = len(buffer)
        size = append_frame(buffer, message, self._max_frame_bytes)
        self._last = message, buffer, begin, begin + size
        return size

    def decode(
        self, payload: memoryview | bytes, source: str, *, from_newer: bool = False
    ) -> Message | Refuse | UnknownMessage:
        """The one message that fills `payload`. Raises `RefusedError` for anything else; `source` names the sender in it.

        `from_newer`: the sender speaks a newer version too, so that a type unknown here is no fault."""
        try:
            return self._decoder.decode(payload)
        except UNDECODABLE as error:
            tag = _unknown_tag(payload, self._tags) if from_newer else None
            if tag is not None:
                return UnknownMessage(tag)
            raise RefusedError(
                Reason.BAD_FRAME, f"a message of {len(payload)} bytes from {source} cannot be read: {error}"
            ) from error


_fields = msgspec.msgpack.Decoder(list[msgspec.Raw])
_tag = msgspec.msgpack.Decoder(str)


def _tags(messages: Any) -> frozenset[str]:
    kinds = msgspec.inspect.type_info(messages)
    union = kinds.types if isinstance(kinds, msgspec.inspect.UnionType) else (kinds,)
    return frozenset(str(kind.tag) for kind in union if isinstance(kind, msgspec.inspect.StructType))


def _unknown_tag(payload: memoryview | bytes, known: frozenset[str]) -> str | None:
    """The name in front of a message of no type that is known; None if it is of a known one, or no message at all."""
    try:
        fields = _fields.decode(payload)
        tag = _tag.decode(fields[0]) if fields else None
    except UNDECODABLE:
        return None
    return None if tag is None or tag in known else printable(tag, _UNKNOWN_TAG_CHARACTERS)
