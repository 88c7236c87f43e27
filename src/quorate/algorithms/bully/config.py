"""Settings of Bully, validated together."""

from typing import Literal

from quorate.algorithms.electing.config import ElectingConfig, at_least, bounded
from quorate.core.ids import MILLISECOND, Nanos


class BullyConfig(ElectingConfig, frozen=True, forbid_unknown_fields=True):
    """Times in milliseconds. Equal on all nodes, but for `priority`; the rest is in `ElectingConfig`.

    `variant`: `classic`; `ranked_successors`, the leader's heartbeats say who follows it; `two_phase`, all are halted before one leads;
    `mongodb_v0`, the rules of MongoDB's first protocol, faults included.
    `direct_victory`: who claims without asking: `members`, the highest of all; `live_view`, the highest that is not suspected.
    `settled`: what a follower that hears its leader does when a lower one holds an election: `answer` it, or `restart` the election as
    in the textbook; `auto`: `answer` with the guard or without `preempt`.
    `late_alive`: a higher node answers after the claim: `void` the result and elect again, or `ignore` it.
    `resend_victory`: a leader that is asked tells the asker at once that it leads.
    `pre_vote`: with the guard a node asks whether its claim would be granted before it makes it: one that would not raises no counter.
    `alive_ms`: how long higher nodes have to answer; `victory_ms`: how long one that answered has to win; `claim_ms`: how long the
    members have to grant. 0: the least that the assumed delays allow.
    `vote_lease_ms`, `grace_ms`: with `mongodb_v0`, for how long a vote binds, and how long a node that was just started waits for all
    others.
    """

    variant: Literal["classic", "ranked_successors", "two_phase", "mongodb_v0"] = "classic"
    direct_victory: Literal["members", "live_view"] = "members"
    settled: Literal["auto", "answer", "restart"] = "auto"
    late_alive: Literal["void", "ignore"] = "void"
    resend_victory: bool = True
    pre_vote: bool = True
    alive_ms: int = 0
    victory_ms: int = 0
    claim_ms: int = 0
    vote_lease_ms: int = 30_000
    grace_ms: int = 300_000

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, dict.fromkeys(("alive_ms", "victory_ms", "claim_ms", "vote_lease_ms", "grace_ms"), 0))
        self._check_waits()
        if self.settled == "restart" and self.settles:
            raise ValueError(
                "settled = restart needs guard = none and preempt = true: otherwise a leader that lives is left in peace; use auto"
            )
        if self.variant in ("two_phase", "mongodb_v0") and self.guarded:
            raise ValueError(f"variant = {self.variant} brings its own rules: set guard = none with it")
        if self.variant == "ranked_successors" and self.rank != "id":
            raise ValueError(
                "variant = ranked_successors needs rank = id: a leader knows the order of the others by their ids only"
            )

    def _check_waits(self) -> None:
        """Each raises ValueError if it is too short."""
        waits = (self.alive_ns, self.victory_ns, self.claim_ns)
        if self.variant == "mongodb_v0" and self.vote_lease_ms * MILLISECOND < max(waits):
            raise ValueError(
                f"vote_lease_ms = {self.vote_lease_ms} is too short: a vote must bind until the election is over"
            )

    @property
    def answers(self) -> bool:
        """Whether a follower that hears its leader only answers an election."""
        return self.settled == "answer" or (self.settled == "auto" and self.settles)

    @property
    def alive_ns(self) -> Nanos:
        """T_alive."""
        least = 2 * self.delay_ns + self.processing_ns
        return bounded("alive_ms", self.alive_ms, least, "a question and its answer travel once each")

    @property
    def victory_ns(self) -> Nanos:
        """T_victory."""
        least = self.alive_ns + 2 * self.delay_ns + 2 * self.processing_ns
        why = "a higher node ends its own wait first, then its victory travels"
        if self.asks_first:
            least += self.pre_vote_ns
            why = "a higher node ends its own wait first, asks who would grant its claim, then its victory travels"
        return bounded("victory_ms", self.victory_ms, least, why)

    @property
    def asks_first(self) -> bool:
        """Whether a claim is asked about before it is made."""
        return self.guarded and self.pre_vote

    @property
    def pre_vote_ns(self) -> Nanos:
        """Within so long the members say whether they would grant a claim: there and back."""
        return 2 * self.delay_ns + self.processing_ns

    @property
    def claim_ns(self) -> Nanos:
        """T_claim."""
        least = 2 * self.delay_ns + 2 * self.processing_ns + self.sync_ns
        return bounded("claim_ms", self.claim_ms, least, "a claim travels, is written, and its answer travels")
