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
    """Who answered. `revision`: of the whole store, when the answer was made. `applied`: the log index that it holds; a read that gives it
    to `ReadYourWrites` sees everything that this answer saw or wrote, through whichever server."""

    cluster_id: int = 0
    member_id: int = 0
    revision: int = 0
    raft_term: int = 0
    applied: int = 0


class PutResult(msgspec.Struct, frozen=True):
    """`prev_kv`: what was there before, if it was asked for and there was something."""

    header: Header
    prev_kv: KeyValue | None = None


class ReadLabel(msgspec.Struct, frozen=True):
    """How a read was answered: by which level, from a state at which log index. `lag`: entries that the server had heard to be committed
    and that are missing. `age_ms`: nothing older is missing; None: unknown."""

    consistency: str
    index: int = 0
    lag: int = 0
    age_ms: int | None = None


class RangeResult(msgspec.Struct, frozen=True):
    """`count`: all keys in the range; `more`: there are some beyond the limit that was asked for. `read`: how it was answered, of one that
    was not simply linearizable."""

    header: Header
    kvs: list[KeyValue] = []
    count: int = 0
    more: bool = False
    read: ReadLabel | None = None


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


class FreshnessResult(msgspec.Struct, frozen=True):
    """What the server goes by now."""

    freshness: int


class LeadershipResult(msgspec.Struct, frozen=True):
    """Who leads now, in which term."""

    leader: int
    term: int


class SnapshotWorkView(msgspec.Struct, frozen=True):
    """A snapshot that is being taken, sent, received or loaded: `bytes` of `size`, if that is known."""

    what: str
    index: int
    bytes: int
    size: int | None = None


class PeerView(msgspec.Struct, frozen=True):
    """A leader's view of one peer. `contact_age_ns`: since it last answered. `snapshot`: one that is being sent to it."""

    match: int = 0
    mode: str = ""
    contact_age_ns: int | None = None
    snapshot: SnapshotWorkView | None = None


class MemberView(msgspec.Struct, frozen=True):
    """One member. `role`: `voter`, `learner` or `leaving`. `disk`: in hexadecimal; empty: not bound yet. Only the leader's answer has
    `lag`, the entries that it lacks, and `contact_age_ns`, since it last answered."""

    id: int
    address: str = ""
    role: str = ""
    leader: bool = False
    priority: int = 0
    wants_vote: bool = False
    replaces: int = 0
    disk: str = ""
    joined_at: int = 0
    lag: int | None = None
    contact_age_ns: int | None = None


class GroupView(msgspec.Struct, frozen=True):
    """Who belongs to the group, by the configuration at `index`. `committed`: as far as the answering node knows. `joint`: a change is
    half done; `auto_leave`: it ends by itself."""

    index: int = 0
    committed: bool = True
    joint: bool = False
    auto_leave: bool = True
    members: list[MemberView] = []

    def member(self, node: int) -> MemberView | None:
        """The member of that id."""
        return next((member for member in self.members if member.id == node), None)


class MembersView(GroupView, frozen=True, kw_only=True):
    """The same, as `node` knows it. `warnings`: what the operator of such a group should know."""

    node: int
    term: int = 0
    leader: int | None = None
    warnings: list[str] = []


class NodeView(msgspec.Struct, frozen=True):
    """A node's own account of itself. `why`: the reason, while it knows no leader; `failed`: why it serves no more.
    `disk`: `ok`, `hung` or `full`. `group`: the members, as this node knows them."""

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
    snapshot_work: SnapshotWorkView | None = None
    disk: str = "ok"
    group: GroupView = GroupView()


class FindingView(msgspec.Struct, frozen=True):
    """One answer of a node to one question, in words: see `quorate.core.finding`."""

    question: str
    code: str
    text: str
    node: int | None = None


class RecentView(msgspec.Struct, frozen=True):
    """What a node explained `age_ns` ago."""

    age_ns: int
    reason: str
    fields: dict[str, int | str | None] = {}


class WhyView(msgspec.Struct, frozen=True):
    """What a node answers to those who ask why something does not go on."""

    id: int
    role: str
    findings: list[FindingView] = []
    recent: list[RecentView] = []


class SnapshotView(msgspec.Struct, frozen=True):
    """A snapshot on the disk of the node that was asked. `index`, `term`: the last entry that it covers; `size`: bytes of state."""

    index: int
    term: int
    size: int
    digest: str
    path: str


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
