"""What an election should cost, derived from the rules, kind of message by kind of message."""

from __future__ import annotations

import msgspec

from quorate.sim.compare.results import Cell
from quorate.sim.compare.stage import Count


class Bill(msgspec.Struct, frozen=True):
    """How many messages of each kind an election takes, from, to."""

    kinds: dict[str, tuple[int, int]]

    @property
    def total(self) -> tuple[int, int]:
        """All kinds together."""
        return sum(low for low, _ in self.kinds.values()), sum(high for _, high in self.kinds.values())

    def covers(self, counts: dict[str, Count]) -> bool:
        """Whether an election that was counted is one of these."""
        names = sorted({*self.kinds, *(kind for kind, count in counts.items() if count)})
        return all(low <= counts.get(name, 0) <= high for name in names for low, high in [self.kinds.get(name, (0, 0))])


def undisturbed(nodes: int, *, told: bool) -> Bill:
    """An election of Raft with one candidate, after the loss of the leader, until the new one is ready.

    The candidate asks every node it has a link to, twice (dissertation, section 9.6, and paper, section 5.2): of `nodes` - 1 others
    one is dead, and no request goes to it if the network has `told` that. It sends the first entry of its term, and once a
    majority has it, the commit index. By then those have answered whose answers made the majority, and perhaps the rest.
    """
    alive = nodes - 2
    asked = alive if told else nodes - 1
    return Bill(
        {
            "PreVoteRequest": (asked, asked),
            "PreVoteReply": (alive, alive),
            "VoteRequest": (asked, asked),
            "VoteReply": (alive, alive),
            "Append": (2 * asked, 2 * asked),
            "AppendReply": (nodes // 2, alive),
        }
    )


def asked_by_all(nodes: int) -> Bill:
    """An election of Bully if all notice at once that the highest of `nodes`, the leader, is silent (docs/bully.md): each asks all
    that rank higher, is answered by those that live, and the highest that is left tells all others. The dead one is asked and told, too."""
    return Bill(
        {
            "Election": (nodes * (nodes - 1) // 2,) * 2,
            "Alive": ((nodes - 1) * (nodes - 2) // 2,) * 2,
            "Victory": (nodes - 1,) * 2,
        }
    )


def matching(cell: Cell, bill: Bill) -> int:
    """How many seeds took what the bill says, kind by kind."""
    seeds = max(map(len, cell.values.values()))
    return sum(bill.covers({kind: counts[at] for kind, counts in cell.kinds.items()}) for at in range(seeds))
