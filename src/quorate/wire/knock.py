"""How a node that belongs to no group yet asks one of its members to be let in: one question on a connection of its own.

The newcomer says `Knock`; the member asks its group and answers `Admitted`, with all the members, or `Refuse`. Then the connection
ends, and the newcomer's links are made as all others are. Asking again is safe: who is a member already is told the same.
"""

import msgspec

from quorate.core.configuration import Configuration
from quorate.core.ids import NodeId
from quorate.core.reconfigure import Add
from quorate.wire.frames import UNDECODABLE
from quorate.wire.refusal import Reason, Refuse, RefusedError, printable

MAX_ADDRESS = 300
"""Characters of an address: a host name has at most 253."""


class Knock(msgspec.Struct, frozen=True, array_like=True, tag="Knock"):
    """The first four as in `Hello`. `node`, `disk`, `address`: of the newcomer, who is let in as a learner. `vote`: it is to vote once it
    has caught up, and then `replaces`, if that is not 0, goes. `priority`: as in `Member`. `patience_ms`: so long it waits."""

    magic: str
    oldest: int
    newest: int
    cluster: str
    algorithm: str
    node: NodeId
    disk: int
    address: str
    vote: bool = True
    replaces: NodeId = 0
    priority: int = 0
    patience_ms: int = 10_000

    def change(self) -> Add:
        """What the group is asked for."""
        return Add(self.node, self.address, self.disk, self.priority, wants_vote=self.vote, replaces=self.replaces)


class Admitted(msgspec.Struct, frozen=True, array_like=True, tag="Admitted"):
    """Welcome. `configuration`: who belongs to the group now, as far as the member knows."""

    configuration: Configuration


class NotNow(msgspec.Struct, frozen=True, array_like=True, tag="NotNow"):
    """Nothing was decided, for a reason that may pass: knock again."""

    reason: str


_answer_decoder: msgspec.msgpack.Decoder[Admitted | NotNow | Refuse] = msgspec.msgpack.Decoder(
    Admitted | NotNow | Refuse
)
_knock_decoder = msgspec.msgpack.Decoder(Knock)


def decode_knock(payload: memoryview | bytes, source: str) -> Knock:
    """A first payload with the tag of a knock. Raises `RefusedError` (`not_quorate`, `bad_frame`)."""
    try:
        knock = _knock_decoder.decode(payload)
    except UNDECODABLE as error:
        raise RefusedError(Reason.NOT_QUORATE, f"the knock of {source} cannot be read: {error}") from error
    if knock.node < 1 or not 0 < len(knock.address) <= MAX_ADDRESS or not knock.address.isprintable():
        raise RefusedError(
            Reason.BAD_FRAME, f"{source} wants to be node {knock.node} at {printable(knock.address, 100)!r}"
        )
    return knock


def decode_answer(payload: memoryview | bytes, source: str) -> Admitted | NotNow | Refuse:
    """What a member says to a knock. Raises `RefusedError` (`not_quorate`)."""
    try:
        return _answer_decoder.decode(payload)
    except UNDECODABLE as error:
        raise RefusedError(Reason.NOT_QUORATE, f"what {source} says to a knock cannot be read: {error}") from error
