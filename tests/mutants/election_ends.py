"""Bugs of elections without a log: of how one ends, and who should lead then."""

from mutants.mutant import Edit, Mutant
from quorate.algorithms.bully import election, mongodb_v0, mongodb_votes, pre_vote
from quorate.algorithms.electing import detector, roles
from quorate.algorithms.electing.live_view import LiveView
from quorate.algorithms.electing.state import Electing
from quorate.algorithms.ring import campaign, claims, lap, monitor

_GUARD = "docs/bully.md, the guard: "
_MONGODB: dict[str, bool | int | str] = {
    "guard": "none",
    "variant": "mongodb_v0",
    "settled": "auto",
    "election_timeout_ms": 1000,
    "heartbeat_ms": 200,
}
"""As its storms are drawn: its ties cost up to a second."""

ENDS: tuple[Mutant, ...] = (
    Mutant(
        "lower_winner_accepted",
        "Whoever wins is followed, whatever its rank, without the guard too.",
        "docs/bully.md, B12: a winner of lower rank is bullied",
        (
            Edit(
                detector.hear_leader,
                "elif rank < state.rank and (state.role is Role.LEADER or may_take_over(state, rank)):",
                "elif False:",
            ),
            Edit(detector.hear_leader, "state.settings.guarded or not may_take_over(state, rank)", "True"),
        ),
        liveness=True,
        algorithm="bully",
    ),
    Mutant(
        "bigger_one_waited_for_without_end",
        "Whoever has had an answer waits for that node to win, though it has died.",
        "docs/bully.md, B10: whoever answered did not win, so elect again",
        (Edit(election.victory_over, "begin(state)", "pass"),),
        liveness=True,
        algorithm="bully",
    ),
    Mutant(
        "blocked_without_end",
        "A node that was once refused a majority never tries again.",
        _GUARD + "it tries again after a random pause",
        (Edit(roles.block, 'state.deadlines.set("retry_at", state.now + max(pause, wait))', "pass"),),
        liveness=True,
        algorithm="bully",
    ),
    Mutant(
        "refused_question_waited_for_without_end",
        "A node whose question before the claim was refused by too many waits for more answers.",
        "docs/bully.md, Q3: blocked, at least until enough of them hold to nobody",
        (
            Edit(
                pre_vote.handle_pre_vote_reply,
                'block(state, "would_be_refused", _until_enough(state))',
                'state.deadlines.clear("claim_by")',
            ),
        ),
        liveness=True,
        algorithm="bully",
    ),
    Mutant(
        "stale_primary_not_told",
        "A primary that nobody can follow any more is not told so, and goes on vetoing everybody else.",
        "docs/bully.md, B13: a stale leader is told so",
        (Edit(mongodb_v0._follow, "tell_stale(state, sender, epoch)", "pass"),),
        liveness=True,
        algorithm="bully",
        options=_MONGODB,
    ),
    Mutant(
        "first_claimant_named",
        "A leader makes way for whoever of higher rank asks first, not for the highest that asks.",
        "docs/bully.md, B23, and what is claimed: rest",
        (Edit(detector.handle_takeover, "resign(state, successor)", "resign(state, sender)"),),
        liveness=True,
        algorithm="bully",
    ),
    Mutant(
        "pulse_with_a_remembered_rank",
        "A pulse carries the rank that its leader had when it was elected.",
        "docs/ring.md, P3: a pulse carries whom its sender follows, as it is now",
        (Edit(monitor.handle_pulse, "ring.leader_rank = body.rank", "pass"),),
        liveness=True,
        algorithm="ring",
        options={"guard": "none", "monitor": "predecessor", "rank": "fresh", "preempt": True},
    ),
    Mutant(
        "rank_looked_at_once",
        "Whoever follows a leader never compares ranks with it again, though the application may report news.",
        "docs/bully.md, B12: a winner, or leader, of lower rank is bullied",
        (Edit(detector.hear_leader, "state.settings.guarded or not may_take_over(state, rank)", "True"),),
        liveness=True,
        algorithm="bully",
        options={"guard": "none", "variant": "classic"},
    ),
    Mutant(
        "cached_rank",
        "A node compares itself by the rank that it had when somebody first asked, whatever the application has reported since.",
        "docs/bully.md, B12 and the guard: the rank that counts is the present one, which each message carries",
        (
            Edit(
                Electing.rank,
                "return rank(self.settings.rank, self.settings.priority, self.freshness, self.me)",
                'return self.__dict__.setdefault("remembered", rank(self.settings.rank, self.settings.priority, self.freshness, self.me))',
            ),
        ),
        liveness=True,
        algorithm="bully",
        options={"variant": "classic", "rank": "fresh", "preempt": True, "freshness_gap": 0},
    ),
    Mutant(
        "dead_member_is_fresher",
        "A candidate is told that somebody is fresher who was heard once and has died since.",
        "docs/bully.md, mongodb_v0: all that a member reaches",
        (Edit(mongodb_votes._reached, " and said.at > since", ""),),
        liveness=True,
        algorithm="bully",
        options=_MONGODB,
    ),
    Mutant(
        "suspicion_without_end",
        "Who is suspected stays so until it is heard, and on a ring only its neighbour would write to it.",
        "docs/ring.md, H4: any message ends the suspicion, and so does time",
        (Edit(LiveView.suspects, "until is not None and now < until", "until is not None"),),
        liveness=True,
        algorithm="ring",
    ),
    Mutant(
        "lost_token_waited_for_without_end",
        "Who has passed a token on never holds an election again, though that token is lost.",
        "docs/ring.md, H9: it has not ended, so participants no more",
        (Edit(campaign.lose_token, "if ring.leader is not None:", "if ring.members:"),),
        liveness=True,
        algorithm="ring",
    ),
    Mutant(
        "nominee_under_an_old_number",
        "Whoever is nominated again and again asks for grants under the number of its own last election, which all take for copies.",
        "docs/ring.md, L5: it sends an Install under a number of its own (found by a storm)",
        (Edit(lap.handle_coordinator, "claim_at_once(ring)", "claim(ring)"),),
        liveness=True,
        algorithm="ring",
        options={"guard": "majority", "variant": "lap"},
    ),
    Mutant(
        "refuser_does_not_stand",
        "Who refuses a claim because its own data is newer does not hold an election itself, and the tokens of others keep passing it.",
        "docs/ring.md, C6: whoever has newer data refuses, and holds an election (found by a storm)",
        (Edit(claims._answer, 'in ("outranked", "fresher")', '== "outranked"'),),
        liveness=True,
        algorithm="ring",
        options={"guard": "majority", "variant": "lelann", "rank": "fresh", "preempt": False, "freshness_gap": 0},
    ),
)
