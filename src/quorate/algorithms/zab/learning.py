"""What only a follower or observer has: from the moment at which it knows whom to follow. Knows no messages."""

from quorate.algorithms.logged.incoming import Incoming
from quorate.algorithms.logged.log import Log
from quorate.algorithms.zab.messages import Zxid
from quorate.core.entry import Entry
from quorate.core.ids import Index, Nanos, NodeId, Term


class Staged:
    """What synchronisation has brought and is not durable. `verified`: our log agrees with the leader's up to it. `entries`: what is to
    follow. Whatever else our log has is cut when the history is taken over: only what surely differs, so that nothing that somebody
    counts upon leaves the disk."""

    __slots__ = ("_log", "entries", "verified")

    def __init__(self, log: Log, verified: Index) -> None:
        self._log = log
        self.verified = verified
        self.entries: list[Entry] = []

    @property
    def last(self) -> Zxid:
        """The end of what the leader has shown."""
        if self.entries:
            return Zxid(self.entries[-1].term, self.entries[-1].index)
        return Zxid(self._log.term_at(self.verified) or 0, self.verified)

    def take(self, entry: Entry) -> bool:
        """The next entry of the leader's history. A repeat is legal and changes nothing; False: there is a gap."""
        last = self.last
        if Zxid(entry.term, entry.index) <= last:
            return True
        if entry.index != last.index + 1 or entry.term < last.epoch:
            return False
        if not self.entries and self._log.term_at(entry.index) == entry.term:
            self.verified = entry.index
        else:
            self.entries.append(entry)
        return True

    @property
    def cut(self) -> Index | None:
        """From where our log must go; None: nothing does."""
        return self.verified + 1 if self._log.last_index > self.verified else None


class Learning:
    """`leader`: whom we follow. `session`: None until the leader is connected. `epoch`: the one that it proposed; None: not yet.
    `silent_by`: when we leave it if it says nothing. `staged`: from the leader's word on where to begin until its history is taken over.
    `synced`: that is done. `serves`: the epoch is established. `told`: up to there the leader has said that all is committed. `full`: the
    leader was told that there is no room, and what it sent since is dropped. `handed_over`: the leader was named by the one before it.
    `forwards`: proposals sent to it; `reads`: questions.
    """

    __slots__ = (
        "epoch",
        "forwards",
        "full",
        "handed_over",
        "incoming",
        "leader",
        "reads",
        "serves",
        "session",
        "silent_by",
        "staged",
        "synced",
        "told",
    )

    def __init__(self, leader: NodeId, silent_by: Nanos, *, handed_over: bool = False) -> None:
        self.leader = leader
        self.silent_by = silent_by
        self.session: int | None = None
        self.epoch: Term | None = None
        self.staged: Staged | None = None
        self.incoming: Incoming | None = None
        self.handed_over = handed_over
        self.full = False
        self.synced = False
        self.serves = False
        self.told: Index = 0
        self.forwards: dict[int, None] = {}
        self.reads: dict[int, None] = {}
