"""Who belongs to the group: its members, and which of them vote. Plain data, and the arithmetic of changing it."""

import msgspec

from quorate.core.checksum import crc32
from quorate.core.ids import Index, NodeId


class Member(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One node of the group.

    `address`: where its peers reach it, `host:port`; empty where nobody needs it. `disk`: the data directory that was let in
    under this id; 0: whichever comes. `joined_at`: index of the configuration that added it, which tells this membership
    from an earlier one of the same id; 0: from the beginning. `priority`: of those that could lead, the highest is preferred.
    `wants_vote`: a learner that is to vote as soon as it has caught up. `replaces`: the member that goes when it does; 0: none.
    """

    id: NodeId
    address: str = ""
    disk: int = 0
    joined_at: Index = 0
    priority: int = 0
    wants_vote: bool = False
    replaces: NodeId = 0


class Configuration(msgspec.Struct, frozen=True, array_like=True):
    """The members at one point of the log (Raft paper, section 6; dissertation, chapter 4).

    `index`: of the entry that holds it; 0: the group began with it. `members`: all, ascending. `voters`: those that elect and
    commit. `outgoing`: while the configuration is joint, the voters before: every decision needs a majority of both sets.
    `demoted`: outgoing voters that stay, as learners. `auto_leave`: the joint configuration is left as soon as it is committed.
    Who is neither voter nor outgoing is a learner: it has everything and counts for nothing.
    """

    index: Index = 0
    members: tuple[Member, ...] = ()
    voters: tuple[NodeId, ...] = ()
    outgoing: tuple[NodeId, ...] = ()
    demoted: tuple[NodeId, ...] = ()
    auto_leave: bool = True

    @property
    def ids(self) -> tuple[NodeId, ...]:
        """Of all members, ascending."""
        return tuple([member.id for member in self.members])

    @property
    def joint(self) -> bool:
        """Whether it is the first half of a change."""
        return bool(self.outgoing)

    @property
    def learners(self) -> tuple[NodeId, ...]:
        """Members that do not vote."""
        voting = {*self.voters, *self.outgoing}
        return tuple([member.id for member in self.members if member.id not in voting])

    def member(self, node: NodeId) -> Member | None:
        """The member of that id."""
        for member in self.members:
            if member.id == node:
                return member
        return None

    def role(self, node: NodeId) -> str:
        """In a word, for people: `voter`, `leaving`, `learner` or `stranger`."""
        if node in self.voters:
            return "voter"
        if node in self.outgoing:
            return "leaving"
        return "learner" if self.member(node) is not None else "stranger"


def first_configuration(addresses: dict[NodeId, str]) -> Configuration:
    """What a group begins with: all vote."""
    ids = tuple(sorted(addresses))
    return Configuration(0, tuple([Member(node, addresses[node]) for node in ids]), ids)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Configuration)


def encode_configuration(configuration: Configuration) -> tuple[bytes, int]:
    """The `data` and the `crc` of an entry of kind `CONFIGURATION`."""
    data = _encoder.encode(configuration)
    return data, crc32(data)


def decode_configuration(data: bytes) -> Configuration:
    """Inverse of `encode_configuration`. Raises `msgspec.DecodeError` for anything else."""
    return _decoder.decode(data)
