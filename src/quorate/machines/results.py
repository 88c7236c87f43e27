"""What commands returned, as bytes: results must outlive a restart, inside snapshots."""

from enum import IntEnum
from typing import Any, Protocol, runtime_checkable

import msgspec

from quorate.core.keys import KeyRefused, SessionOpened
from quorate.core.machine import CommandError, ResultGone

MAX_RESULT_BYTES = 64 * 1024 * 1024
"""A larger result becomes `ResultGone` in a snapshot, so that a reader knows the largest frame it may meet."""

_UNENCODABLE = (TypeError, ValueError, OverflowError, RecursionError, NotImplementedError)


@runtime_checkable
class TypedResults(Protocol):
    """What a state machine adds so that results that went through a snapshot have their types again.

    `result_type`: a type, or a union of types, that covers everything `apply` returns, as msgspec decodes it. Without it
    they come back as plain data (a struct as dict or list, a tuple as list).
    """

    result_type: Any


def result_type_of(machine: object) -> Any:
    """The machine's `result_type`; `Any` without one."""
    return machine.result_type if isinstance(machine, TypedResults) else Any


class ResultKind(IntEnum):
    """How a stored result's payload is to be read."""

    VALUE = 0
    REFUSAL = 1
    GONE = 2
    KEY_REFUSED = 3
    SESSION_OPENED = 4


class StoredResult(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One result in a snapshot. `payload` is msgpack: the value, or `[message, code]` of a refusal, or the
    reason for which a key was refused, or the index of a session, or empty."""

    kind: ResultKind
    payload: bytes


_GONE = StoredResult(ResultKind.GONE, b"")
_refusals = msgspec.msgpack.Decoder(tuple[str, str])
_reasons = msgspec.msgpack.Decoder(str)
_indexes = msgspec.msgpack.Decoder(int)


def plain_refusal(refusal: CommandError) -> CommandError:
    """What is kept of a refusal: message and code, as text that can be encoded.

    Neither a subclass nor a traceback (which would keep the machine's frames alive) survives, because the result must be the
    same on a node that took it from a snapshot.
    """
    return CommandError(_text(refusal.message), _text(refusal.code))


def _text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


class ResultCodec:
    """Results to bytes and back. `result_type` as in `TypedResults`.

    Encoding what was decoded gives the same bytes again, so replicas that took a snapshot and replicas that did not still
    agree on their digests.
    """

    def __init__(self, result_type: Any = Any) -> None:
        self._ordered = msgspec.msgpack.Encoder(order="sorted")
        self._plain = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(result_type)

    def encode(self, result: Any) -> StoredResult:
        """A result that msgspec cannot encode, or that is too large, becomes `GONE`."""
        if isinstance(result, CommandError):
            plain = plain_refusal(result)
            return StoredResult(ResultKind.REFUSAL, self._plain.encode((plain.message, plain.code)))
        if isinstance(result, ResultGone):
            return _GONE
        if isinstance(result, SessionOpened):
            return StoredResult(ResultKind.SESSION_OPENED, self._plain.encode(result.index))
        if isinstance(result, KeyRefused):
            return StoredResult(ResultKind.KEY_REFUSED, self._plain.encode(result.reason))
        try:
            payload = self._encode_value(result)
        except _UNENCODABLE:
            return _GONE
        return StoredResult(ResultKind.VALUE, payload) if len(payload) <= MAX_RESULT_BYTES else _GONE

    def decode(self, stored: StoredResult) -> Any:
        """Inverse of `encode`. A value that `result_type` does not cover is `ResultGone`. Raises ValueError for a refusal that
        was not encoded here."""
        if stored.kind is ResultKind.REFUSAL:
            return CommandError(*_refusals.decode(stored.payload))
        if stored.kind is ResultKind.GONE:
            return ResultGone()
        if stored.kind is ResultKind.SESSION_OPENED:
            return SessionOpened(_indexes.decode(stored.payload))
        if stored.kind is ResultKind.KEY_REFUSED:
            return KeyRefused(_reasons.decode(stored.payload))
        try:
            return self._decoder.decode(stored.payload)
        except (ValueError, RecursionError):
            return ResultGone()

    def _encode_value(self, result: Any) -> bytes:
        try:
            return self._ordered.encode(result)
        except TypeError:
            # Sets have no order but a hash order, so the ordered encoder comes first; it refuses dicts with keys other
            # than text, whose insertion order is well defined.
            return self._plain.encode(result)
