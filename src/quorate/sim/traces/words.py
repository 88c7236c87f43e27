"""Values as words: structs by name and fields, entries by index and term, commands as text. Short, and always on one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from quorate.core.entry import Entry, EntryKind, decode_batch
from quorate.core.ids import MILLISECOND, SECOND, Index
from quorate.core.snapshot import SnapshotMeta

TEXT = 48
"""Characters of a text or of bytes that are shown."""

ITEMS = 6
"""Items of a list that are shown."""


def show(value: object, *, without: frozenset[str] = frozenset()) -> str:
    """A value. Of a struct: its name and those fields that do not have their default, but for those named in `without`."""
    match value:
        case Entry():
            return f"{value.index}:t{value.term} {_content(value)}"
        case SnapshotMeta():
            return f"[up to {value.index}:t{value.term}, {value.size} bytes]"
        case msgspec.Struct():
            return " ".join([type(value).__name__, *show_fields(value, without)])
        case bytes():
            return show_data(value)
        case str():
            return _clip(value)
        case list() | tuple():
            more = f", and {len(value) - ITEMS} more" if len(value) > ITEMS else ""
            return f"[{', '.join(show(item) for item in value[:ITEMS])}{more}]"
    return str(value)


def show_fields(value: msgspec.Struct, without: frozenset[str] = frozenset()) -> list[str]:
    """The fields that do not have their default, each as name=value; durations in ms."""
    words = []
    for field in msgspec.structs.fields(value):
        content = getattr(value, field.name)
        if field.name in without or content == field.default:
            continue
        if field.name.endswith("_ns") and isinstance(content, int):
            words.append(f"{field.name.removesuffix('_ns')}={content / MILLISECOND:g}ms")
        else:
            words.append(f"{field.name}={show(content)}")
    return words


def show_entries(entries: Sequence[Entry]) -> str:
    """The range, and the first few with their content."""
    more = ", ..." if len(entries) > ITEMS else ""
    return f"{indexes(entries)}: {', '.join(show(entry) for entry in entries[:ITEMS])}{more}"


def indexes(entries: Sequence[Entry]) -> str:
    """From where to where."""
    return span(entries[0].index, entries[-1].index) if entries else "nothing"


def span(first: Index, last: Index) -> str:
    """A range of indexes."""
    return str(first) if first == last else f"{first}..{last}"


def seconds(nanos: int) -> str:
    """A time, to the microsecond."""
    return f"{nanos / SECOND:.6f}"


def show_data(data: bytes) -> str:
    """Bytes: if they are a batch, its commands and whose they are; else as text, if they are one; else how many."""
    try:
        batch = decode_batch(data)
    except (msgspec.DecodeError, ValueError):
        text = data[: TEXT + 1].decode("utf-8", "replace")
        return _clip(text) if text.isprintable() else f"{len(data)} bytes"
    session = batch.session
    return f"{show(batch.commands)} as {session.node}.{session.incarnation}.{batch.sequence}"


def _content(entry: Entry) -> str:
    return "noop" if entry.kind == EntryKind.NOOP else show_data(entry.data)


def _clip(text: str) -> str:
    shown = text if len(text) <= TEXT else text[:TEXT] + "..."
    return shown if shown.isprintable() and shown else repr(shown)


def plain(value: Any) -> str:
    """A plain value of an explanation."""
    return "none" if value is None else show(value)
