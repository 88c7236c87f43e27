"""What a node remembers of time, for reads that it may answer without asking. Knows no messages.

Two memories, both bounded, both on the safe side when they have to forget: a leader's, of when it sent which round; and everybody's, of
what was committed as far as it had heard, and when it heard that.
"""

from collections import deque

from quorate.core.ids import Index, Nanos, Term

GRAINS = 64
"""Into so many parts an election timeout is divided: rounds that begin within one of them count as begun with the first."""

MAX_ROUNDS = 2 * GRAINS
"""Two election timeouts of rounds: what is older is of no use to a lease."""

MAX_MARKS = 64
"""Of what was heard to be committed and is not applied yet. When there are more, every other one is forgotten."""


class Freshness:
    """`commit`: the highest commit index that a leader has told, or that this leader has reached.

    `void_to`: rounds up to this one grant no lease. `handed_over`: the term in which this node told another one to campaign, 0: none.
    `promised_until`: before that a node that has restarted helps to replace nobody.
    """

    __slots__ = ("_grain", "_marks", "_rounds", "commit", "handed_over", "promised_until", "void_to")

    def __init__(self, election_timeout_ns: Nanos) -> None:
        self.commit: Index = 0
        self.void_to = 0
        self.handed_over: Term = 0
        self.promised_until: Nanos = 0
        self._grain = election_timeout_ns // GRAINS
        self._rounds: deque[tuple[int, Nanos]] = deque(maxlen=MAX_ROUNDS)
        self._marks: deque[tuple[Index, Nanos]] = deque()

    def begun(self, round_number: int, now: Nanos) -> None:
        """A leader begins this round: nothing of it was sent before."""
        if not self._rounds or now - self._rounds[-1][1] >= self._grain:
            self._rounds.append((round_number, now))

    def sent_at(self, round_number: int) -> Nanos | None:
        """When the round began, or a little earlier; None: that is forgotten."""
        for number, at in reversed(self._rounds):
            if number <= round_number:
                return at
        return None

    def heard(self, commit: Index, now: Nanos, *, current: bool) -> None:
        """A leader says that everything up to `commit` is committed. `current`: an entry of its own term is among that, so that nothing
        committed before is missing there."""
        self.commit = max(self.commit, commit)
        marks = self._marks
        if not current or (marks and commit < marks[-1][0]):
            return
        if marks and marks[-1][0] == commit:
            marks.pop()
        elif len(marks) >= MAX_MARKS:
            self._marks = marks = deque(list(marks)[::2])
        marks.append((commit, now))

    def fresh_at(self, applied: Index) -> Nanos | None:
        """The newest moment of which a state at `applied` is known to lack nothing; None: nothing has been heard yet."""
        for commit, at in reversed(self._marks):
            if commit <= applied:
                return at
        return None
