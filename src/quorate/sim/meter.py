"""Counts messages by link and kind while a simulation runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from quorate.core.ids import NodeId
from quorate.core.message import Message

Link = tuple[NodeId, NodeId, str]
"""Sender, receiver, kind of message."""


def kinds_of(messages: Any) -> tuple[str, ...]:
    """What messages of an algorithm may be counted as; `messages`: the union of their types."""
    types: Iterable[type[Message]] = get_args(messages) or (messages,)
    return tuple(kind for one in types for kind in one.kinds())


class Traffic:
    """Messages and their bytes, by link and kind. Bytes are those of the frames on the wire, without what TCP adds."""

    def __init__(self, counts: Mapping[Link, tuple[int, int]]) -> None:
        self._counts = counts

    @property
    def messages(self) -> int:
        return sum(messages for messages, _ in self._counts.values())

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(size for _, size in self._counts.values())

    def kinds(self) -> dict[str, int]:
        """Messages by kind, in order of the alphabet."""
        found: dict[str, int] = {}
        for (_, _, kind), (messages, _) in self._counts.items():
            found[kind] = found.get(kind, 0) + messages
        return dict(sorted(found.items()))

    def commonest(self) -> dict[str, int]:
        """Messages by kind, the commonest first."""
        return dict(sorted(self.kinds().items(), key=lambda pair: (-pair[1], pair[0])))

    def among(self, nodes: Iterable[NodeId]) -> Traffic:
        """What went from one of `nodes` to another."""
        chosen = set(nodes)
        return Traffic({link: count for link, count in self._counts.items() if {link[0], link[1]} <= chosen})

    def of(self, kinds: Iterable[str], receivers: Iterable[NodeId]) -> int:
        """How many of these kinds went to one of `receivers`."""
        named, chosen = set(kinds), set(receivers)
        return sum(count for (_, to, kind), (count, _) in self._counts.items() if kind in named and to in chosen)


class Meter:
    """Set as a network's `meter`. `mark` and `since` bound what is to be counted."""

    def __init__(self) -> None:
        self._counts: dict[Link, tuple[int, int]] = {}

    def sent(self, source: NodeId, target: NodeId, message: Message, size: int) -> None:
        """One message more."""
        link = (source, target, message.kind)
        messages, total = self._counts.get(link, (0, 0))
        self._counts[link] = (messages + 1, total + size)

    def mark(self) -> dict[Link, tuple[int, int]]:
        """Where the count stands."""
        return self._counts.copy()

    def since(self, mark: Mapping[Link, tuple[int, int]]) -> Traffic:
        """What was sent after `mark` was taken."""
        counts = {}
        for link, (messages, size) in self._counts.items():
            earlier_messages, earlier_size = mark.get(link, (0, 0))
            if messages > earlier_messages:
                counts[link] = (messages - earlier_messages, size - earlier_size)
        return Traffic(counts)
