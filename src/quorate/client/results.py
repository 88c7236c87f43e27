"""What the server answers, as typed values. Keys and values are bytes; revisions count the store's writes."""

from __future__ import annotations

import msgspec


class KeyValue(msgspec.Struct, frozen=True):
    """One key. `create_revision`: when it came to be; `mod_revision`: when it was last written; `version`: how often
    it was written since it came to be."""

    key: bytes
    value: bytes = b""
    create_revision: int = 0
    mod_revision: int = 0
    version: int = 0


class Header(msgspec.Struct, frozen=True):
    """Who answered. `revision`: of the whole store, when the answer was made."""

    cluster_id: int = 0
    member_id: int = 0
    revision: int = 0
    raft_term: int = 0


class PutResult(msgspec.Struct, frozen=True):
    """`prev_kv`: what was there before, if it was asked for and there was something."""

    header: Header
    prev_kv: KeyValue | None = None


class RangeResult(msgspec.Struct, frozen=True):
    """`count`: all keys in the range; `more`: there are some beyond the limit that was asked for."""

    header: Header
    kvs: list[KeyValue] = []
    count: int = 0
    more: bool = False


class DeleteResult(msgspec.Struct, frozen=True):
    """`deleted`: how many keys there were; `prev_kvs`: what they held, if it was asked for."""

    header: Header
    deleted: int = 0
    prev_kvs: list[KeyValue] = []


class CasResult(msgspec.Struct, frozen=True):
    """`succeeded`: the key was as expected and holds the new value now. `current`: what it holds if not; None: the
    key is absent."""

    header: Header
    succeeded: bool
    current: KeyValue | None = None


class PeerView(msgspec.Struct, frozen=True):
    """A leader's view of one peer. `contact_age_ns`: since it last answered."""

    match: int = 0
    mode: str = ""
    contact_age_ns: int | None = None


class NodeView(msgspec.Struct, frozen=True):
    """A node's own account of itself. `why`: the reason, while it knows no leader; `failed`: why it serves no more."""

    cluster: str
    id: int
    pid: int
    algorithm: str
    role: str
    term: int
    leader: int | None
    commit: int
    applied: int
    last_index: int
    version: str
    ready: bool = False
    snapshot_index: int = 0
    log_bytes: int = 0
    uptime_s: float = 0.0
    peers: dict[int, PeerView] = {}
    failed: str | None = None
    why: str = ""


class TxnRangePart(msgspec.Struct, frozen=True):
    """The range inside one answer of a transaction."""

    kvs: list[KeyValue] = []


class TxnPart(msgspec.Struct, frozen=True):
    """One answer of a transaction; only a range carries anything that matters here."""

    response_range: TxnRangePart = TxnRangePart()


class TxnResult(msgspec.Struct, frozen=True):
    """A transaction's answer, as far as compare-and-swap needs it."""

    header: Header
    succeeded: bool = False
    responses: list[TxnPart] = []
