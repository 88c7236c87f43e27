"""Messages of the rules of MongoDB's first protocol (mongodb/mongo, src/mongo/db/repl/consensus.cpp at 0646c05)."""

from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.messages import Word


class Ping(Word, frozen=True):
    """Every member says this to every other, all the time. `primary`: it leads `epoch`; `electable`: it could."""

    op_time: int
    priority: int
    primary: bool
    epoch: Epoch


class Fresh(Word, frozen=True):
    """First phase: may I stand? `number` names the attempt."""

    number: int
    op_time: int
    priority: int


class Freshness(Word, frozen=True):
    """`fresher`: I, or any member that I know of, have newer data. `veto`: no, whatever the others say. `op_time`: mine."""

    number: int
    fresher: bool
    veto: bool
    op_time: int


class Elect(Word, frozen=True):
    """Second phase: vote for me. `number` is the attempt's."""

    number: int
    op_time: int
    priority: int


class Ballot(Word, frozen=True):
    """`vote`: 1, 0, or so far below 0 that no number of votes outweighs it."""

    number: int
    vote: int
