"""The one order of commands, as the whole simulation has seen it, and what clients were told."""

from __future__ import annotations

from collections.abc import Sequence

from quorate.core.ids import NodeId
from quorate.sim.invariants.base import InvariantBrokenError

SOURCE = "linearizability: Herlihy and Wing 1990; exactly-once by sessions: Ongaro 2014 (dissertation), 6.3 and 6.4"


class History:
    """Every command is unique, so a command that is applied twice, or in two places, shows.

    `order`: what any node applied, by position from 0. `settled`: how many commands from the start are covered by some answer a client
    has had, of a write or a read; no later read may return less.
    """

    def __init__(self) -> None:
        self.order: list[bytes] = []
        self.settled = 0
        self._position: dict[bytes, int] = {}
        self._refused: set[bytes] = set()

    def applied(self, node: NodeId, position: int, command: bytes) -> None:
        """A machine applied `command` as its number `position`."""
        if position < len(self.order):
            if self.order[position] != command:
                self._broken(
                    "Same order",
                    f"node {node} applied {command!r} as number {position}, others {self.order[position]!r}",
                )
            return
        if position > len(self.order):
            self._broken("Same order", f"node {node} applied number {position} when only {len(self.order)} were known")
        if command in self._position:
            self._broken(
                "Exactly once", f"node {node} applied {command!r} again, first as number {self._position[command]}"
            )
        if command in self._refused:
            self._broken(
                "Refused is final", f"node {node} applied {command!r}, which its client was told is not applied"
            )
        self._position[command] = position
        self.order.append(command)

    def restored(self, node: NodeId, commands: Sequence[bytes]) -> None:
        """A machine took `commands` over from a snapshot."""
        if self.order[: len(commands)] != list(commands):
            self._broken(
                "Same order", f"node {node} restored {len(commands)} commands that are not the first that were applied"
            )

    def acknowledged(self, commands: Sequence[bytes], results: Sequence[object]) -> None:
        """A client was told that its commands are applied, with these results: their positions."""
        if len(commands) != len(results):
            self._broken("Own result", f"{len(commands)} commands were given {len(results)} results: {commands!r:.80}")
        for command, result in zip(commands, results, strict=True):
            position = self._position.get(command)
            if position is None:
                self._broken("Acknowledged is applied", f"{command!r} was acknowledged, but no node has applied it")
            elif position != result:
                self._broken("Own result", f"{command!r} is number {position}, but its client was given {result!r}")
            else:
                self.settled = max(self.settled, position + 1)

    def refused(self, commands: Sequence[bytes]) -> None:
        """A client was told that this attempt is certainly not applied, and will not try again."""
        for command in commands:
            if command in self._position:
                self._broken("Refused is final", f"{command!r} was refused, but is number {self._position[command]}")
            self._refused.add(command)

    def read(self, node: NodeId, asked_at: int, length: int) -> None:
        """A client read `length` commands; when it asked, `settled` was `asked_at`."""
        if length < asked_at:
            self._broken(
                "Fresh reads", f"a read on node {node} saw {length} commands; {asked_at} were settled when it was asked"
            )
        self.settled = max(self.settled, length)

    def complete(self, node: NodeId, commands: Sequence[bytes]) -> None:
        """At the end, when all nodes have caught up: a machine holds exactly what was applied anywhere."""
        if self.order != list(commands):
            self._broken("Nothing is lost", f"node {node} ends with {len(commands)} commands of {len(self.order)}")

    def _broken(self, title: str, detail: str) -> None:
        raise InvariantBrokenError(title, SOURCE, detail)
