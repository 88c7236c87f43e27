"""Why a connection is refused: a short name for programs and a sentence for people."""

from enum import StrEnum

import msgspec

from quorate.core.errors import ProtocolError
from quorate.core.ids import NodeId

MAX_DETAIL = 1000
"""Characters of a detail that are kept; what came from a peer must not fill a log."""


class Reason(StrEnum):
    """Every reason for which this version refuses. A newer peer may send others: they travel as plain text."""

    NOT_QUORATE = "not_quorate"
    WRONG_VERSION = "wrong_version"
    WRONG_CLUSTER = "wrong_cluster"
    WRONG_ALGORITHM = "wrong_algorithm"
    WRONG_NODE = "wrong_node"
    WRONG_DIRECTION = "wrong_direction"
    NOT_A_MEMBER = "not_a_member"
    MEMBERS_DIFFER = "members_differ"
    DISK_CHANGED = "disk_changed"
    STALE_PROCESS = "stale_process"
    BAD_FRAME = "bad_frame"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    TOO_MANY = "too_many"


class Refuse(msgspec.Struct, frozen=True, array_like=True, tag="Refuse"):
    """The last frame of a side that closes the connection on purpose. `reason`: a `Reason`, or one of a newer version."""

    reason: str
    detail: str


class RefusedError(ProtocolError):
    """The connection must be closed. `detail` reads the same on both ends: it names nodes, never 'ours' and 'theirs'.

    `sender`: the member whom the refusal is about, if it got so far as to be known for one.
    """

    def __init__(self, reason: str, detail: str, sender: NodeId | None = None) -> None:
        self.reason = reason
        self.detail = detail
        self.sender = sender
        super().__init__(f"{reason}: {detail}")


def printable(text: str, limit: int = MAX_DETAIL) -> str:
    """`text` on one line without control characters, cut at `limit` characters: for what a stranger wrote."""
    cut = text if len(text) <= limit else text[:limit] + "..."
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in cut)
