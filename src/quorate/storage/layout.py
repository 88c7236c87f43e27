"""Names in a data directory."""

import re

LABEL = "quorate.json"
PENDING_LABEL = "quorate.json.new"
KNOWN_DISKS = "peers.json"
PENDING_KNOWN_DISKS = "peers.json.new"
LOCK = "lock"
WAL = "wal"
SNAPSHOTS = "snapshots"

SPARE_TEMPORARY = "next.tmp"
"""In `wal`: the next segment while it is being filled with zeros."""

DEAD_SUFFIX = ".dead"
"""In `wal`: a segment that nothing needs, on its way out."""

_SEGMENT = re.compile(r"(\d{16})\.wal")
_LEFTOVER = re.compile(r"\d{16}\.dead|next\.tmp")


def segment_name(number: int) -> str:
    """File name, without directory, of a segment. Numbers start at 1 and are never used twice."""
    return f"{number:016d}.wal"


def segment_path(number: int) -> str:
    """Path of a segment inside the data directory."""
    return f"{WAL}/{segment_name(number)}"


def segment_numbers(names: list[str]) -> list[int]:
    """Numbers of the segments among `names`, ascending."""
    matches = (_SEGMENT.fullmatch(name) for name in names)
    return sorted(int(match[1]) for match in matches if match)


def wal_leftovers(names: list[str]) -> list[str]:
    """Names in `wal` that an interrupted preparation or removal left behind; nothing reads them."""
    return [name for name in names if _LEFTOVER.fullmatch(name)]


SNAPSHOT_SUFFIX = ".snapshot"
PARTIAL_SUFFIX = ".part"
"""A snapshot that is being received; kept over a restart."""

SAVING_SUFFIX = ".tmp"
"""A snapshot that is being taken; worthless after a crash."""
