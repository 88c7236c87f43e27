"""The configurations of a log against a dumb model: all entries, looked through anew each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from quorate.algorithms.logged.group import Group, configurations_of
from quorate.core.configuration import Configuration, Member, encode_configuration, first_configuration
from quorate.core.entry import Entry, EntryKind
from quorate.core.ids import Index, Term


def entry_of(configuration: Configuration, term: Term = 1) -> Entry:
    data, crc = encode_configuration(configuration)
    return Entry(configuration.index, term, EntryKind.CONFIGURATION, data, crc)


def configuration(index: Index, *voters: int, outgoing: tuple[int, ...] = ()) -> Configuration:
    ids = sorted({*voters, *outgoing})
    return Configuration(index, tuple([Member(node) for node in ids]), tuple(sorted(voters)), outgoing)


FIRST = first_configuration({1: "", 2: "", 3: ""})

steps = some.lists(
    some.one_of(
        some.tuples(some.just("append"), some.booleans()),
        some.tuples(some.just("truncate"), some.integers(0, 6)),
        some.tuples(some.just("commit"), some.integers(0, 6)),
    ),
    max_size=25,
)


@given(steps)
def test_r28_the_newest_in_the_log_acts_whatever_was_appended_truncated_and_committed(
    drawn: list[tuple[str, int]],
) -> None:
    """The model keeps all configurations by index; what is committed is never truncated."""
    group, log, commit = Group(FIRST, ()), list[Configuration | None](), 0
    for step, number in drawn:
        if step == "append":
            made = configuration(len(log) + 1, 1, 2, len(log) + 4) if number else None
            log.append(made)
            assert group.append((entry_of(made),) if made else (), commit) == bool(made)
        elif step == "truncate":
            kept = max(commit, len(log) - number)
            dropped, log = log[kept:], log[:kept]
            assert group.truncate_from(kept + 1) == any(dropped)
        else:
            commit = min(len(log), commit + number)
        present = [FIRST, *[made for made in log if made]]
        assert group.newest == present[-1]
        settled = [made for made in present if made.index <= commit][-1]
        assert group.settled(commit) == settled
        acting = [made for made in present if made.index >= settled.index]
        assert group.members(commit) == {node for made in acting for node in made.ids}
        assert group.voters == {*present[-1].voters}


def test_a_joint_configuration_needs_two_majorities() -> None:
    group = Group(FIRST, (entry_of(configuration(4, 3, 4, outgoing=(1, 2, 3))),))
    assert group.voter_sets == (frozenset({3, 4}), frozenset({1, 2, 3}))
    assert group.voters == {1, 2, 3, 4}


def test_who_was_never_let_in_has_no_voters() -> None:
    group = Group(Configuration(), ())
    assert (group.voter_sets, group.voters, group.wanting) == ((), frozenset(), False)


def test_a_snapshot_replaces_them_all() -> None:
    group = Group(FIRST, (entry_of(configuration(4, 1)),))
    loaded = configuration(9, 1, 2)
    assert group.replace(loaded)
    assert group.configurations == [loaded]
    assert not group.replace(loaded)


def test_a_learner_that_wants_to_vote_is_noticed() -> None:
    learner = Configuration(3, (Member(1), Member(2, wants_vote=True)), (1,))
    group = Group(first_configuration({1: ""}), ())
    assert not group.wanting
    group.append((entry_of(learner),), 0)
    assert group.wanting


def test_other_entries_hold_none() -> None:
    entries = (
        Entry(1, 1, EntryKind.NOOP, b"", 0),
        entry_of(configuration(2, 1)),
        Entry(3, 1, EntryKind.BATCH, b"x", 0),
    )
    assert configurations_of(entries) == [configuration(2, 1)]


def test_r30_who_voted_in_a_change_that_may_not_have_ended_may_still_be_needed() -> None:
    """Node 3 leaves by a joint configuration, which is committed, and alone has the entry that ends it: the others lack an entry that it
    has, so nobody but it can be elected."""
    joint = configuration(5, 2, outgoing=(2, 3))
    last = configuration(6, 2)
    group = Group(FIRST, (entry_of(joint), entry_of(last)))
    assert group.newest == last
    assert [group.may_need(node, 5) for node in (1, 2, 3)] == [False, True, True]
    assert [group.may_need(node, 6) for node in (1, 2, 3)] == [False, True, False]
    assert [group.may_need(node, 0) for node in (1, 2, 3)] == [True, True, True]
