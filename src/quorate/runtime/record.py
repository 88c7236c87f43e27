"""The driver's record: each event with the effects it had.

It is the trace file, the test transcript and the dashboard's feed.
"""

from functools import reduce
from operator import or_
from types import GenericAlias
from typing import Any, get_args

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable
from quorate.core.effects import Effect, Persist, Send
from quorate.core.events import Event, Received
from quorate.core.ids import Nanos, NodeId


class Record(msgspec.Struct, frozen=True, tag=True):
    """One step of one node. `event` is None for the start. `at` is the node's own clock."""

    at: Nanos
    node: NodeId
    event: Event | None
    effects: tuple[Effect, ...]


class Fatal(msgspec.Struct, frozen=True, tag=True):
    """The event that the algorithm could not take, in place of a record: the node stops. `error`: what it raised."""

    at: Nanos
    node: NodeId
    event: Event
    error: str


_encoder = msgspec.json.Encoder(order="deterministic")


def encode_record(record: Record | Fatal) -> bytes:
    """One line of a trace file (JSON, without the newline). Messages are arrays that begin with their name."""
    return _encoder.encode(record)


class TypedDecoder:
    """Reads lines of JSON back as the structs that they were, `Record` among them.

    The vocabulary says "a message" and "a hard state"; which ones there are, the algorithm's `spec` says. So the structs that
    hold one are read as twins with the algorithm's own types, and then turned into themselves.

    `kinds`: what a line may be; tagged structs, if there are more than one. Beside a record's, their fields `durable` and `config` are
    the algorithm's, too.
    """

    def __init__(self, spec: AlgorithmSpec, *kinds: type[msgspec.Struct]) -> None:
        self._real: dict[type, type[msgspec.Struct]] = {}
        hard_state = spec.hard_state | None
        twins: dict[Any, Any] = {
            Received: self._twin(Received, message=spec.messages),
            Send: self._twin(Send, message=spec.messages),
            Persist: self._twin(Persist, hard_state=hard_state),
            Durable: self._twin(Durable, hard_state=hard_state),
        }
        event = _union(twins.get(kind, kind) for kind in get_args(Event))
        effect = _union(twins.get(kind, kind) for kind in get_args(Effect))
        effects = GenericAlias(tuple, (effect, ...))
        words: dict[str, Any] = {"effects": effects, "durable": twins[Durable], "config": spec.config}
        shapes = []
        for kind in kinds:
            words["event"] = event | None if kind is Record else event
            shapes.append(self._twin(kind, **{name: words[name] for name in kind.__struct_fields__ if name in words}))
        self._decoder: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(_union(shapes))

    def decode(self, line: bytes) -> msgspec.Struct:
        """What the line says. Raises what `UNREADABLE` names if that is nothing of `kinds`."""
        restored: msgspec.Struct = self._restore(self._decoder.decode(line))
        return restored

    def _twin(self, kind: type[msgspec.Struct], **types: Any) -> type[msgspec.Struct]:
        """`kind`, but with these types of its fields; itself if there are none."""
        if not types:
            return kind
        fields = [
            (field.name, types.get(field.name, field.type))
            if field.required
            else (field.name, types.get(field.name, field.type), field.default)
            for field in msgspec.structs.fields(kind)
        ]
        twin = msgspec.defstruct(kind.__name__, fields, tag=kind.__struct_config__.tag)
        self._real[twin] = kind
        return twin

    def _restore(self, value: Any) -> Any:
        real = self._real.get(type(value))
        if real is None:
            return value
        words = [getattr(value, name) for name in real.__struct_fields__]
        return real(
            *(tuple(map(self._restore, word)) if type(word) is tuple else self._restore(word) for word in words)
        )


UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError, OverflowError)
"""What `TypedDecoder.decode` raises for a line that it cannot read."""


def _union(kinds: Any) -> Any:
    return reduce(or_, kinds)
