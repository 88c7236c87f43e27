"""Bugs of elections without a log: of the guard, which Bully and ring share, and of each of the two."""

from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.bully import election, mongodb_v0, victory
from quorate.algorithms.electing import detector, flapping, guard, roles
from quorate.algorithms.electing.config import ElectingConfig
from quorate.algorithms.electing.lease import Lease
from quorate.algorithms.electing.live_view import LiveView
from quorate.algorithms.electing.state import Electing
from quorate.algorithms.ring import campaign, claims

_GUARD = "docs/bully.md, the guard: "
_FULL = "len(state.members) - len(state.cut)"

_PROMISES = (
    Mutant(
        "promise_not_written",
        "A member remembers what it has promised, and writes nothing.",
        _GUARD + "a promise is durable before it is said",
        (
            Edit(
                Electing.promise,
                "self.out.append(Persist(self._position, Promise(epoch)))",
                "self.promised_at = self.durable",
            ),
        ),
        algorithm="bully",
    ),
    Mutant(
        "promise_said_before_it_is_durable",
        "Claims and grants do not wait for the write of the promise that they rest on.",
        "docs/bully.md, the guard, what is durable before what",
        (Edit(Electing.send, "Send(to, message)", "Send(to, message, at_once=True)"),),
        algorithm="bully",
    ),
    Mutant(
        "promise_forgotten_by_a_restart",
        "A process that starts anew takes it that it has promised nothing.",
        _GUARD + "one node a counter, and never a lower one after it",
        (Edit(Electing.__init__, "hard.promised if hard is not None else NEVER", "NEVER"),),
        algorithm="bully",
    ),
    Mutant(
        "grant_twice",
        "A member grants a counter that it has granted another node already.",
        _GUARD + "a member grants one node a counter",
        (Edit(guard.refusal, "epoch.counter <= state.promised.counter", "epoch.counter < state.promised.counter"),),
        algorithm="bully",
    ),
    Mutant(
        "grant_of_a_lower_counter",
        "A member grants whatever counter it is asked for.",
        _GUARD + "and never a lower one after it",
        (
            Edit(
                guard.refusal,
                "epoch.counter <= state.promised.counter and epoch != state.promised",
                "epoch.counter < 0",
            ),
        ),
        algorithm="bully",
    ),
    Mutant(
        "token_not_raised",
        "A claim is for the newest epoch that was seen, not for the one after it.",
        "docs/bully.md: tokens ascend",
        (Edit(Electing.next_epoch, "1 + max(", "max("),),
        liveness=True,
        algorithm="bully",
    ),
)

_MAJORITIES = (
    Mutant(
        "majority_of_the_reachable",
        "A claimant counts grants against the members that it is connected to.",
        _GUARD + "a majority of the configured members",
        (
            Edit(guard.has_won, "state.majority", f"({_FULL}) // 2 + 1"),
            Edit(guard.renew_lease, "state.majority", f"({_FULL}) // 2 + 1"),
            Edit(guard.barred, "state.reaches_majority", "True"),
        ),
        algorithm="bully",
    ),
    Mutant(
        "half_is_a_majority",
        "Half of an even number of members is enough.",
        _GUARD + "more than half",
        (Edit(Electing.__init__, "len(self.members) // 2 + 1", "(len(self.members) + 1) // 2"),),
        algorithm="bully",
    ),
    Mutant(
        "grant_of_an_earlier_claim_counted",
        "A grant counts for whatever its receiver claims now.",
        _GUARD + "a grant is for one epoch",
        (Edit(victory.handle_victory_ack, " or message.epoch != state.epoch", ""),),
        algorithm="bully",
    ),
    Mutant(
        "refusal_counted_as_a_grant",
        "Whoever answers a claim counts as granting it.",
        _GUARD + "a claim asks for grants",
        (Edit(victory.handle_victory_ack, "if message.granted:", "if message.epoch == state.epoch:"),),
        algorithm="bully",
    ),
    Mutant(
        "ring_majority_of_those_that_are_left",
        "The winner of a ring counts signatures against those that are not passed over.",
        "docs/ring.md, C8: a majority of the configured members",
        (
            Edit(claims.settle, "len(ring.grants) < ring.majority", "False"),
            Edit(
                guard.has_won, "state.majority", "(len(state.members) - len(state.live.suspected(state.now))) // 2 + 1"
            ),
            Edit(
                guard.renew_lease,
                "state.majority",
                "(len(state.members) - len(state.live.suspected(state.now))) // 2 + 1",
            ),
        ),
        algorithm="ring",
    ),
)

_HOLDS = (
    Mutant(
        "amnesiac_voter",
        "A member that has just started grants whoever asks, though it may have heard a leader right before.",
        _GUARD + "it forgets that when it restarts, so then it grants nobody for as long",
        (Edit(guard.observe_restart, "state.now + state.settings.failure_ns", "state.now"),),
        algorithm="bully",
    ),
    Mutant(
        "hold_ignored",
        "A member that hears a leader grants another one.",
        _GUARD + "a member helps nobody else for an election timeout",
        (Edit(guard.refusal, "state.hold.left(claimant, state.now)", "0"),),
        algorithm="bully",
    ),
    Mutant(
        "hold_is_half_as_long",
        "A member holds to its leader for half of the election timeout.",
        _GUARD + "a member helps nobody else for an election timeout",
        (
            Edit(roles.hear, "state.now + state.settings.failure_ns", "state.now + state.settings.failure_ns // 2"),
            Edit(roles.await_leader, "state.now + settings.failure_ns", "state.now + settings.failure_ns // 2"),
        ),
        algorithm="bully",
    ),
    Mutant(
        "ring_signs_although_it_holds",
        "A member of a ring signs a claim although it holds to another leader.",
        "docs/ring.md, C6: with the guard grant it or not",
        (Edit(claims._answer, "if refused is None:", 'if refused is None or refused.why in ("held", "restarted"):'),),
        algorithm="ring",
    ),
    Mutant(
        "leader_of_a_lower_counter_followed",
        "A member follows whoever beats, though it has promised a later claim.",
        "docs/bully.md, B13: a stale leader is told so",
        (
            Edit(
                detector.hear_leader,
                "if epoch.counter < state.known.counter if state.settings.guarded else epoch < state.known:",
                "if epoch.counter < 0:",
            ),
        ),
        algorithm="bully",
    ),
)

_LEASES = (
    Mutant(
        "lease_longer_than_the_hold",
        "A lease lasts two election timeouts; members hold for one.",
        _GUARD + "the lease is shorter than the election timeout",
        (
            Edit(
                ElectingConfig.lease_ns,
                "self.failure_ns * (100 - drift) // (100 + drift) - LEASE_MARGIN_NS",
                "self.failure_ns * 2 + drift",
            ),
        ),
        algorithm="bully",
    ),
    Mutant(
        "lease_of_an_election_ignores_clocks",
        "A lease lasts as long as members hold, by a clock that may be slow while theirs are fast.",
        _GUARD + "shorter by what clocks may be wrong",
        (Edit(ElectingConfig.lease_ns, "(100 - drift) // (100 + drift) - LEASE_MARGIN_NS", "(100 + drift) // 100"),),
        algorithm="bully",
    ),
    Mutant(
        "lease_from_the_answer",
        "A lease counts from when an answer comes, not from when it was asked for.",
        _GUARD + "it counts from the sending of the newest message that each member has acknowledged",
        (Edit(detector.handle_heartbeat_ack, "message.sent_at)", "state.now)"),),
        algorithm="bully",
    ),
    Mutant(
        "lease_of_the_newest_answer",
        "The newest acknowledgment of any member renews the lease, not those of a majority.",
        _GUARD + "a majority of those times counts",
        (Edit(Lease.until, "times[majority - 1]", "times[0]"),),
        algorithm="ring",
    ),
    Mutant(
        "lease_kept_after_resigning",
        "A leader that has resigned leads on until its lease ends.",
        "docs/bully.md, B23 and the guard: all are released from what they owe",
        (Edit(roles.resign, "follow_nobody(state)", "state.announce(state.leader)"),),
        algorithm="bully",
    ),
)

_ENDS = (
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
        "who_stood_back_never_looks_again",
        "A node that stood back while a lower one was elected follows that for good.",
        "docs/bully.md, flapping: damping_ms, and what is claimed without the guard",
        (
            Edit(
                flapping.look_again,
                "max(up, state.stand_back_until)",
                "up",
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
        "take_over_forgotten_while_a_token_passes",
        "A node that could take over at a moment when somebody else seemed to hold an election never does.",
        "docs/ring.md, H9 and what is claimed without the guard",
        (Edit(campaign.lose_token, "take_over_late(ring)", "pass"),),
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
)

ELECTIONS = (*_PROMISES, *_MAJORITIES, *_HOLDS, *_LEASES, *_ENDS)

ABSENT_ELECTIONS = (
    Absent(
        "token of a ring that lives for ever",
        "cannot show: as soon as there is a leader it swallows the token (C4a), and until then an election that goes on forever looks the "
        "same; the story orphan_token of tests/scenarios/test_ring.py has no leader.",
    ),
    Absent(
        "ring whose links do not keep their order",
        "is no bug of the product: no storm over links reorders; the story lelann_reorder of tests/scenarios/test_ring.py does.",
    ),
    Absent(
        "rank of a claimant taken from memory",
        "breaks no promise that a storm checks: the leader is less fresh than it need be, once; "
        "the story cached_rank of tests/scenarios/test_bully.py does.",
    ),
    Absent(
        "envelopes of elections that are over sent again",
        "breaks nothing but the storm itself, which goes on for ever: where links are slow there are ever more of them; "
        "tests/algorithms/ring/test_hops.py asks for it (H6).",
    ),
    Absent(
        "late Alive ignored",
        "is a setting, late_alive, and with the guard a claim that has its majority is good, whoever answers later.",
    ),
    Absent(
        "no election on recovery",
        "hardly shows: the next heartbeat of a lower leader is bullied (B12); tests/algorithms/bully/test_election.py asks for it.",
    ),
    Absent(
        "Alive without an election of its own",
        "makes an election slower, not endless: whoever answered misses a leader by itself in the end; "
        "tests/algorithms/bully/test_election.py asks for it.",
    ),
)
