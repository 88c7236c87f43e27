"""The machine of the storms: it remembers every command it was given."""

from collections.abc import Iterable

import msgspec

from quorate.core.ids import NodeId
from quorate.sim.clients.history import History

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[bytes])


class Journal:
    """A list that only grows. `apply` returns the position of the command, from 0, and reports it to the `History`."""

    def __init__(self, node: NodeId, history: History) -> None:
        self.node = node
        self.commands: list[bytes] = []
        self._history = history

    def apply(self, command: bytes) -> int:
        position = len(self.commands)
        self._history.applied(self.node, position, command)
        self.commands.append(command)
        return position

    def snapshot(self) -> bytes:
        return _encoder.encode(self.commands)

    def restore(self, chunks: Iterable[bytes]) -> None:
        self.commands = _decoder.decode(b"".join(chunks))
        self._history.restored(self.node, self.commands)

    def check_complete(self) -> None:
        """Raise unless every command that any node ever applied is here."""
        self._history.complete(self.node, self.commands)
