"""The follower's AppendEntries rules and the leader's handling of the answers, function by function. Stories: tests/scenarios."""

from itertools import product

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import acts, log_of, noop, reasons, sends
from algorithms.raft.scenes import candidate, follower, leader, ready_leader
from quorate.algorithms.raft.messages import Append, AppendReply
from quorate.algorithms.raft.progress import Mode
from quorate.core.durable import LogPoint
from quorate.core.effects import Send
from quorate.core.entry import Entry


def sorted_terms(length: int, most: int) -> list[tuple[int, ...]]:
    """Every log of this length with terms 1 to `most`."""
    return [terms for terms in product(range(1, most + 1), repeat=length) if list(terms) == sorted(terms)]


def test_a_hint_is_the_best_place_where_the_logs_can_agree() -> None:
    """For every pair of short logs: the refusal's hint is the largest index at or below prev with a term not above prev's, and where
    the logs truly agree is never above it."""
    for theirs in sorted_terms(4, 3):
        for prev, prev_term in product(range(1, 7), range(1, 4)):
            server = follower(leader=3, term=4, entries=log_of(*theirs))
            ((_, reply),) = sends(server.receive(3, Append(4, 1, prev, prev_term, 0)))
            if prev <= 4 and theirs[prev - 1] == prev_term:
                assert reply == AppendReply(4, 1, ok=True, match=prev)
                continue
            best = max((i for i in range(1, min(prev, 4) + 1) if theirs[i - 1] <= prev_term), default=0)
            hint_term = theirs[best - 1] if best else 0
            assert reply == AppendReply(4, 1, ok=False, refused_prev=prev, hint_index=best, hint_term=hint_term)


def test_r21_repair_ends_for_every_pair_of_logs_within_the_number_of_terms() -> None:
    """Rule R21. The leader's first Append carries its own entry of term 5; each refusal must lead further down."""
    for ours, theirs in product(sorted_terms(4, 3), sorted_terms(4, 3)):
        if any(ours[at] == theirs[at] and ours[:at] != theirs[:at] for at in range(4)):
            continue  # Log Matching: no two nodes have such logs
        chief = leader(term=5, entries=log_of(*ours))
        other = follower(2, leader=None, term=5, entries=log_of(*theirs))
        pending = [Append(5, 2, 4, ours[-1], 0, tuple(chief.state.log.between(5, 5)))]
        refusals = 0
        while pending:
            for _, reply in sends(other.receive(1, pending.pop(0))):
                refusals += not reply.ok
                pending += [m for to, m in sends(chief.receive(2, reply)) if to == 2 and m.entries]
            other.disk()
        assert other.terms == [*ours, 5]
        assert refusals <= len({*ours, *theirs}), (ours, theirs)


@pytest.mark.parametrize("start", [0, 2, 3])
def test_a_follower_with_a_compacted_log_hints_no_lower_than_its_start(start: int) -> None:
    """Everything up to there is committed."""
    entries = log_of(1, 1, 1, 2, 2)
    snapshot = meta_of(3, 1) if start else None
    server = follower(
        leader=3, term=4, start=LogPoint(start, 1 if start else 0), entries=entries[start:], snapshot=snapshot
    )
    ((_, reply),) = sends(server.receive(3, Append(4, 1, 5, 1, 0)))
    assert (reply.hint_index, reply.hint_term) == (3, 1)


def test_an_append_for_the_past_changes_nothing_but_says_so() -> None:
    server = follower(leader=3, term=4, start=LogPoint(5, 2), snapshot=meta_of(5, 2), entries=log_of(2, start=5))
    effects = server.receive(3, Append(4, 9, 1, 1, 3, log_of(1, 2, start=1)))
    assert effects == [Send(3, AppendReply(4, 9, ok=True, match=3))]


def test_truncation_is_explained() -> None:
    server = follower(leader=3, term=4, entries=log_of(1, 2, 2))
    effects = server.receive(3, Append(4, 1, 1, 1, 0, log_of(3, start=1)))
    (why,) = [effect for effect in effects if reasons([effect])]
    assert why.fields == {"first": 2, "last": 3, "term": 2}


def test_answers_reach_only_a_leader_of_the_term_they_are_for() -> None:
    for server in (follower(leader=3, term=2), candidate(term=2)):
        assert server.receive(2, AppendReply(2, 1, ok=True, match=1)) == []
    server = leader(term=2)
    assert server.receive(2, AppendReply(1, 9, ok=True, match=1)) == []
    assert server.state.progress[2].match == 0


def test_every_answer_is_contact_and_shows_a_round() -> None:
    server = leader()
    for number, reply in enumerate(
        (AppendReply(2, 1, ok=True, match=1), AppendReply(2, 2, ok=False, refused_prev=5)), start=1
    ):
        server.now += 1
        server.receive(2, reply)
        progress = server.state.progress[2]
        assert (progress.contact_at, progress.round) == (server.now, number)
    server.receive(2, AppendReply(2, 1, ok=True, match=1))
    assert server.state.progress[2].round == 2, "a late answer takes nothing back"


def test_probing_becomes_replicating_with_the_first_yes() -> None:
    server = leader(entries=log_of(1, 1))
    server.receive(2, AppendReply(2, 2, ok=True, match=1))
    assert (server.state.progress[2].mode, server.state.progress[2].match) == (Mode.REPLICATE, 1)


def test_a_refusal_below_what_is_compacted_ends_in_an_offer() -> None:
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=meta_of(9, 2))
    effects = server.receive(2, AppendReply(3, 1, ok=False, refused_prev=9, hint_index=7, hint_term=2))
    assert [type(message).__name__ for _, message in sends(effects)] == ["SnapshotOffer"]
    server.receive(3, AppendReply(3, 1, ok=False, refused_prev=9, hint_index=8, hint_term=1))
    assert server.state.progress[3].mode is Mode.SNAPSHOT, "the hint is at our start, but of another term"


def test_a_refusal_at_our_very_start_goes_on_with_entries() -> None:
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=meta_of(9, 2))
    effects = server.receive(2, AppendReply(3, 1, ok=False, refused_prev=9, hint_index=8, hint_term=2))
    ((to, message),) = sends(effects)
    assert (to, message.prev_index, message.prev_term) == (2, 8, 2)


def test_a_new_commit_goes_to_all_at_once() -> None:
    server = ready_leader()
    server.propose(b"x")
    server.disk()
    server.receive(2, AppendReply(2, 4, ok=True, match=2))
    assert acts(server.receive(3, AppendReply(2, 4, ok=True, match=2))) == [], "and only once"


@pytest.mark.parametrize(
    ("prev", "prev_term", "commit", "entries"),
    [
        (0, 0, 0, (noop(2, 1),)),  # a gap behind prev
        (0, 0, 0, (noop(1, 1), noop(3, 1))),  # a gap
        (0, 0, 0, (noop(1, 2), noop(2, 1))),  # terms fall
        (0, 0, 0, (noop(1, 5),)),  # a later term than the leader's
        (1, 2, 0, (noop(2, 1),)),  # an earlier term than prev's
        (-1, 0, 0, ()),
        (0, 0, -1, ()),
    ],
)
def test_what_no_sound_leader_sends_is_not_taken(
    prev: int, prev_term: int, commit: int, entries: tuple[Entry, ...]
) -> None:
    """Another node's defect neither halts this one nor touches its log, and gets no answer that could be taken for a refusal."""
    server = follower(leader=3, term=4, entries=log_of(2))
    effects = server.receive(3, Append(4, 1, prev, prev_term, commit, entries))
    assert acts(effects) == []
    assert reasons(effects) == ["append_malformed"]
    assert server.state.log.last_index == 1
