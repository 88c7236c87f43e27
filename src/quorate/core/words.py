"""Numbers as people say them."""

from collections.abc import Collection

from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId


def span(length: Nanos) -> str:
    """A time: 120 ms, 2.1 s, 1 h 5 min."""
    if length < SECOND:
        return f"{max(0, length) // MILLISECOND} ms"
    if length < 120 * SECOND:
        return f"{length / SECOND:.1f} s"
    minutes = length // (60 * SECOND)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """Bytes, in the unit that leaves at most four digits."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{count} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def entries(count: int) -> str:
    """So many of them."""
    return "1 entry" if count == 1 else f"{count:,} entries"


def nodes(ids: Collection[NodeId]) -> str:
    """node 4; nodes 4 and 5; nodes 3, 4 and 5."""
    names = [str(node) for node in sorted(ids)]
    if len(names) == 1:
        return f"node {names[0]}"
    return f"nodes {', '.join(names[:-1])} and {names[-1]}" if names else "no node"


def have(ids: Collection[NodeId]) -> str:
    """The verb that goes with `nodes`."""
    return "has" if len(ids) == 1 else "have"


def share(part: int, whole: int) -> str:
    """35 % of 12.0 MiB."""
    return f"{part * 100 // whole if whole else 100} % of {size(whole)}"
