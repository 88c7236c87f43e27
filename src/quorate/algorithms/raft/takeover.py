"""When more than half of the voters are lost for good: one survivor goes on alone. Against Raft's rules on purpose, so offline, and only
when a person orders it: every entry in the survivor's log counts as committed from then on, and what only the lost ones had is lost."""

from quorate.algorithms.raft.messages import RaftHardState
from quorate.core.configuration import Configuration, Member, encode_configuration
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Persist
from quorate.core.entry import Entry, EntryKind
from quorate.core.ids import Index


def last_index(durable: Durable) -> Index:
    """Of the log that is there, or of the snapshot in its place."""
    return durable.entries[-1].index if durable.entries else max(durable.start.index, _snapshot_index(durable))


def take_over(identity: Identity, durable: Durable, address: str) -> Persist:
    """What to write to this node's log: a configuration in which it votes alone, in a later term than any it has seen."""
    last = durable.entries[-1] if durable.entries else durable.start
    hard = durable.hard_state if isinstance(durable.hard_state, RaftHardState) else RaftHardState(0)
    snapshot_term = durable.snapshot.term if durable.snapshot is not None else 0
    term = max(hard.term, last.term, snapshot_term) + 1
    index = last_index(durable) + 1
    alone = Configuration(index, (Member(identity.node, address, identity.disk, index),), (identity.node,))
    data, crc = encode_configuration(alone)
    entry = Entry(index, term, EntryKind.CONFIGURATION, data, crc)
    return Persist(1, RaftHardState(term), entries=(entry,), commit=durable.commit)


def _snapshot_index(durable: Durable) -> Index:
    return durable.snapshot.index if durable.snapshot is not None else 0
