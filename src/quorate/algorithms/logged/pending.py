"""What waits for something to happen: reads, proposals, requests, a transfer. Plain records."""

from typing import NamedTuple

from quorate.core.ids import Index, Nanos, NodeId, Term


class ReadRequest:
    """A read waiting at the leader. `asker` is None for a local one."""

    __slots__ = ("asker", "id", "incarnation")

    def __init__(self, asker: NodeId | None, incarnation: int, read_id: int) -> None:
        self.asker = asker
        self.incarnation = incarnation
        self.id = read_id


class ReadRound:
    """Reads that share one confirmation: `index` was the commit index when `round` was sent."""

    __slots__ = ("index", "requests", "round")

    def __init__(self, round_number: int, index: Index, requests: list[ReadRequest]) -> None:
        self.round = round_number
        self.index = index
        self.requests = requests


class ForwardedProposal:
    """A proposal of this node that was sent to a leader and is not known to be settled. `again`: it was sent before, under
    another number."""

    __slots__ = ("again", "leader", "number")

    def __init__(self, number: int, leader: NodeId, *, again: bool) -> None:
        self.number = number
        self.leader = leader
        self.again = again


class Asker(NamedTuple):
    """Who asked for something: `node` is None for an operator on this node."""

    node: NodeId | None
    incarnation: int
    id: int


class Transfer:
    """Leadership being handed to `target`, begun in `term`. `ordered`: it was told to campaign. `askers` wait for the outcome."""

    __slots__ = ("askers", "deadline", "ordered", "target", "term")

    def __init__(self, target: NodeId, term: Term, deadline: Nanos, asker: Asker | None) -> None:
        self.target = target
        self.term = term
        self.deadline = deadline
        self.askers = [] if asker is None else [asker]
        self.ordered = False


class MemberChange:
    """A change of members under way: who asked for it, waiting for its last configuration to be committed."""

    __slots__ = ("askers", "index")

    def __init__(self, index: Index, asker: Asker | None) -> None:
        self.index = index
        self.askers = [] if asker is None else [asker]
