"""What happened, as text that a person can read and a diff can show: each event with the effects that it had."""

from collections.abc import Iterable
from typing import Any

import msgspec

from algorithms.raft.harness import Server
from quorate.core.effects import Effect, Explain, Send
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Event, Received
from quorate.core.ids import MILLISECOND
from quorate.core.snapshot import SnapshotMeta


class Transcript:
    """Lines of text. `watch` makes servers write their steps into it."""

    def __init__(self, title: str) -> None:
        self.lines = [title, "=" * len(title)]

    def watch(self, servers: Iterable[Server]) -> "Transcript":
        """From now on, every step of these is written down."""
        for server in servers:
            server.on_step = self.record
        return self

    def note(self, text: str) -> None:
        """A line of the narrator."""
        self.lines += ["", f"-- {text}"]

    def record(self, server: Server, event: Event | None, effects: list[Effect]) -> None:
        """One step."""
        what = "starts" if event is None else show_event(event)
        self.lines.append(f"{server.now / MILLISECOND:10.3f} ms  node {server.node}  {what}")
        self.lines += [f"{'':24}{show_effect(effect)}" for effect in effects]

    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines) + "\n"


def show_event(event: Event) -> str:
    """An event on one line."""
    if isinstance(event, Received):
        return f"<- {event.sender}: {show(event.message)}"
    return show(event)


def show_effect(effect: Effect) -> str:
    """An effect on one line."""
    if isinstance(effect, Send):
        return f"-> {effect.to}: {show(effect.message)}"
    if isinstance(effect, Explain):
        return f"because {effect.reason}" + "".join(f" {name}={value}" for name, value in effect.fields.items())
    return show(effect)


def show(value: Any) -> str:
    """Name and fields, without those that have their default."""
    if isinstance(value, Entry):
        content = "noop" if value.kind == EntryKind.NOOP else repr(value.data.decode(errors="replace"))
        return f"{value.index}:t{value.term} {content}"
    if isinstance(value, SnapshotMeta):
        return f"[snapshot {value.index}:t{value.term}, {value.size} bytes]"
    if isinstance(value, msgspec.Struct):
        fields = [
            f"{field.name}={show(content)}"
            for field in msgspec.structs.fields(value)
            if (content := getattr(value, field.name)) != field.default
        ]
        return " ".join([type(value).__name__, *fields])
    if isinstance(value, tuple | list):
        return f"[{', '.join(show(item) for item in value)}]"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value)
