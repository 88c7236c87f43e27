"""Bugs of elections without a log: of the guard, which Bully and ring share, and of each of the two."""

from mutants.election_ends import ENDS
from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.bully import victory
from quorate.algorithms.electing import detector, guard, roles
from quorate.algorithms.electing.config import ElectingConfig
from quorate.algorithms.electing.lease import Lease
from quorate.algorithms.electing.state import Electing
from quorate.algorithms.ring import claims

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
                "self.promised_at = self._write()",
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
        (Edit(roles.resign, "follow_nobody(state, lost=False)", "state.announce(state.leader)"),),
        algorithm="bully",
    ),
)

ELECTIONS = (*_PROMISES, *_MAJORITIES, *_HOLDS, *_LEASES, *ENDS)

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
        "envelopes of elections that are over sent again",
        "breaks nothing but the storm itself, which goes on for ever: where links are slow there are ever more of them; "
        "tests/algorithms/ring/test_hops.py asks for it (H6).",
    ),
    Absent(
        "claim signed on a ring that was promised by following its winner",
        "hardly shows: one storm in a thousand came to it, when claims that had failed were still held to; "
        "tests/algorithms/ring/test_claims.py asks for it (C6).",
    ),
    Absent(
        "hold that ends with the connection to the leader, though its process may live",
        "hardly shows: more than half of the members must lose their connections to a leader that lives, and somebody claim before they "
        "are made anew; 460 storms had none; tests/algorithms/electing/test_detector.py asks for it (B19).",
    ),
    Absent(
        "claim without the question before it",
        "is a setting, pre_vote, and breaks no promise: the scenario bully-flapping-links-eager shows what it costs.",
    ),
    Absent(
        "losses of leadership forgotten by a restart",
        "breaks no promise: leadership changes oftener; tests/algorithms/electing/test_flapping.py counts over restarts.",
    ),
    Absent(
        "refusal about the process before the one that is held to",
        "hardly shows: who restarts claims nothing for an election timeout, and a refusal is seldom under way for so long; "
        "tests/algorithms/electing/test_detector.py asks for it.",
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
