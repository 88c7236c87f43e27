"""The moments that are about which disks hold what, played by hand."""

from __future__ import annotations

from quorate.core.durable import Durable, LogPoint
from quorate.sim.observer import Observer
from quorate.sim.view import Vote
from sim.stage import Puppet, Stage, entries

Told = list[tuple[str, int]]


def watched(*terms: str) -> tuple[Stage, Told]:
    """Logs that nodes 1, 2, 3 have on disk, and what is told from then on."""
    stage, told = Stage(), Told()
    for puppet, log in zip((stage.one, stage.two, stage.three), terms, strict=True):
        puppet.store(entries=entries(log))
    told.clear()
    stage.observer.watch(lambda name, node: told.append((name, node)))
    return stage, told


def lead(puppet: Puppet, term: int, *voters: Puppet) -> None:
    """Win an election and append the first entry of the term, which is then on its way to disk."""
    for voter in (puppet, *voters):
        voter.stage.observer.chronicle.views[voter.node].durable_votes[term] = puppet.node
    first = entries(str(term), first=puppet.start.index + len(puppet.log) + 1)
    puppet.step(puppet.persist(entries=first), role="leader", term=term, leader=puppet.node)


def only(told: Told, *names: str) -> Told:
    return [(name, node) for name, node in told if name in names]


def test_an_election_by_exactly_a_majority() -> None:
    stage, told = watched("", "", "")
    lead(stage.one, 1, stage.two)
    assert only(told, "elected", "leader_by_one_vote") == [("elected", 1), ("leader_by_one_vote", 1)]


def test_an_election_by_all() -> None:
    stage, told = watched("", "", "")
    lead(stage.one, 1, stage.two, stage.three)
    assert only(told, "elected", "leader_by_one_vote") == [("elected", 1)]


def test_alone_there_is_no_close_election() -> None:
    observer = Observer((1,), ())
    told: Told = []
    observer.watch(lambda name, node: told.append((name, node)))
    observer.chronicle.views[1].term, observer.chronicle.views[1].durable_votes = 1, {1: 1}
    observer._lookout.elected(observer.chronicle.views[1])
    assert told == [("elected", 1)]


def test_two_leaders_are_told_of_the_newer_one_while_the_older_lives() -> None:
    stage, told = watched("", "", "")
    lead(stage.one, 1)
    assert only(told, "two_leaders") == []
    lead(stage.two, 2)
    assert only(told, "two_leaders") == [("two_leaders", 2)]
    stage.one.follow(2, 2)
    stage.observer.crashed(2)
    lead(stage.three, 3)
    assert only(told, "two_leaders", "stepped_down") == [("two_leaders", 2), ("stepped_down", 1)]


def test_a_leader_that_dies_has_not_stepped_down() -> None:
    stage, told = watched("", "", "")
    lead(stage.one, 1)
    stage.one.restart(Durable())
    stage.one.follow(None, 1)
    assert only(told, "stepped_down") == []


def test_the_newest_entry_on_one_follower() -> None:
    stage, told = watched("", "", "")
    lead(stage.one, 1)
    stage.one.synced()
    stage.two.store(entries=entries("1"))
    assert only(told, "replicated_to_one") == [("replicated_to_one", 2)]
    stage.two.store(hard_state=None)
    stage.three.store(entries=entries("1"))
    assert len(only(told, "replicated_to_one")) == 1


def test_an_entry_that_is_not_the_newest_is_not_told() -> None:
    stage, told = watched("", "", "")
    lead(stage.one, 1)
    stage.one.write(entries=entries("1", first=2))
    stage.two.store(entries=entries("1"))
    assert only(told, "replicated_to_one") == []
    stage.three.store(entries=entries("11"))
    assert only(told, "replicated_to_one") == [("replicated_to_one", 3)]


def test_a_tail_that_is_replaced_at_equal_length_counts_as_new() -> None:
    stage, told = watched("1", "12", "1")
    lead(stage.one, 3)
    stage.two.store(truncate_from=2, entries=entries("3", first=2))
    assert only(told, "replicated_to_one") == [("replicated_to_one", 2)]


def test_figure_8() -> None:
    """(a) node 1 leads term 2 and has its entry on its own disk alone; (b) node 3 leads term 3; (c) node 1 leads term 4, and the entry of
    term 2 is on a majority; (d) node 3 leads again and overwrites it."""
    stage, told = watched("1", "1", "1")
    stage.one.step(commit=1)
    lead(stage.one, 2)
    stage.one.synced()
    lead(stage.three, 3)
    stage.three.synced()
    stage.one.follow(None, 3)
    lead(stage.one, 4)
    assert only(told, "older_term_on_quorum") == []
    stage.two.store(entries=entries("2", first=2))
    assert only(told, "older_term_on_quorum") == [("older_term_on_quorum", 1)]
    stage.one.store(entries=entries("4", first=4))
    assert len(only(told, "older_term_on_quorum")) == 1, "told once"
    stage.three.follow(None, 4)
    lead(stage.three, 5)
    told.clear()
    stage.two.store(truncate_from=2, entries=entries("35", first=2))
    stage.one.step(role="follower", term=5, leader=3)
    stage.one.store(truncate_from=2, entries=entries("35", first=2))
    assert only(told, "truncated", "overwritten_figure_8") == [
        ("truncated", 2),
        ("overwritten_figure_8", 2),
        ("truncated", 1),
    ]


def test_an_older_entry_that_was_on_a_majority_already_is_told_at_the_election() -> None:
    stage, told = watched("12", "12", "1")
    stage.one.step(commit=1)
    lead(stage.two, 3)
    assert only(told, "elected", "older_term_on_quorum") == [("elected", 2), ("older_term_on_quorum", 2)]


def test_entries_of_the_own_term_and_committed_ones_are_no_danger() -> None:
    stage, told = watched("1", "1", "1")
    stage.one.step(commit=1)
    lead(stage.one, 2)
    stage.one.synced()
    stage.two.store(entries=entries("2", first=2))
    assert only(told, "older_term_on_quorum") == []


def test_a_tail_on_one_disk_is_truncated_and_no_more() -> None:
    stage, told = watched("1", "12", "1")
    stage.two.store(truncate_from=2)
    stage.two.write(truncate_from=2)
    assert told == [("truncated", 2)], "nothing was left to drop the second time"


def test_the_first_commit_of_a_term_is_told_of_its_leader_once() -> None:
    stage, told = watched("1", "1", "1")
    lead(stage.one, 2)
    stage.one.synced()
    stage.one.step(commit=2)
    stage.one.store(entries=entries("2", first=3))
    stage.one.step(commit=3)
    stage.two.store(entries=entries("22", first=2))
    stage.two.step(commit=3, term=2)
    assert only(told, "first_commit_of_term") == [("first_commit_of_term", 1)]


def test_a_dead_leader_is_told_of_nothing() -> None:
    stage, told = watched("", "", "")
    lead(stage.one, 1)
    stage.observer.crashed(1)
    stage.two.store(entries=entries("1"))
    assert only(told, "replicated_to_one") == []


def test_votes_and_snapshots_come_from_the_observer_itself() -> None:
    stage, told = watched("111", "", "")
    view = stage.observer.chronicle.views[1]
    view.pending_votes.append(Vote(2, 1, 3))
    stage.one.write(compact=LogPoint(1, 1))
    stage.one.synced()
    assert told == [("compacted", 1), ("voted", 1)]
