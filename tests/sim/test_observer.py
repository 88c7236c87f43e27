"""Which facts the observer makes of a step."""

from __future__ import annotations

from typing import Any

from quorate.core.durable import Durable, LogPoint
from quorate.core.effects import LoadSnapshot, ReadReady
from quorate.core.events import Received
from quorate.core.message import Message
from quorate.sim.invariants import Invariant, PersistBeforeSend
from quorate.sim.observer import INSPECT_EVERY
from sim.stage import Ballot, Stage, entries, entry, meta

FACTS: list[Any] = []


class Scribe(Invariant):
    """Writes every fact down, in order."""

    title = "Scribe"
    source = "this test"

    def recovered(self, view: Any, durable: Any) -> None:
        FACTS.append(("recovered", view.node))

    def started(self, view: Any, inspection: Any) -> None:
        FACTS.append(("started", view.node))

    def stepped(self, view: Any, status: Any) -> None:
        FACTS.append(("stepped", view.commit, status.commit))

    def appended(self, view: Any, entry: Any, previous_term: Any) -> None:
        FACTS.append(("appended", entry.index, previous_term))

    def truncated(self, view: Any, index: int) -> None:
        FACTS.append(("truncated", index, view.log.last))

    def reset(self, view: Any, point: Any) -> None:
        FACTS.append(("reset", point.index, view.log.last))

    def elected(self, view: Any) -> None:
        FACTS.append(("elected", view.node, view.term))

    def committed(self, view: Any, index: int, *, first: bool) -> None:
        FACTS.append(("committed", index, first))

    def applied(self, view: Any, entry: Any) -> None:
        FACTS.append(("applied", entry.index))

    def loaded(self, view: Any, meta: Any) -> None:
        FACTS.append(("loaded", meta.index))

    def voted(self, view: Any, term: int, candidate: int) -> None:
        FACTS.append(("voted", term, candidate))

    def inspected(self, view: Any, inspection: Any) -> None:
        FACTS.append("inspected")


def a_stage() -> Stage:
    stage = Stage(Scribe)
    for puppet in (stage.one, stage.two, stage.three):
        puppet.step()
    FACTS.clear()
    return stage


def test_a_start_is_compared_with_the_past_before_it_replaces_it() -> None:
    stage = a_stage()
    stage.one.restart(Durable())
    assert FACTS == [("recovered", 1), ("started", 1), "inspected"]


def test_entries_are_told_one_by_one_with_the_term_before() -> None:
    stage = a_stage()
    stage.one.write(entries=entries("12"))
    assert FACTS == [("appended", 1, 0), ("appended", 2, 1)]


def test_a_truncation_is_told_before_it_happens_and_what_replaces_it_after() -> None:
    stage = a_stage()
    stage.one.write(entries=entries("11"))
    FACTS.clear()
    stage.one.write(truncate_from=2, entries=entries("3", first=2))
    assert FACTS == [("truncated", 2, 2), ("appended", 2, 1)]
    assert (stage.observer.moments.counts["truncated"], stage.observer.tally.truncated_entries) == (1, 1)


def test_a_leader_is_elected_once_and_seen_with_the_log_it_then_has() -> None:
    stage = a_stage()
    one = stage.one
    one.step(one.persist(entries=entries("1")), role="leader", term=1, leader=1)
    assert FACTS == [("appended", 1, 0), ("stepped", 0, 0), ("elected", 1, 1), "inspected"]
    FACTS.clear()
    one.step(commit=1)
    assert ("elected", 1, 1) not in FACTS
    assert stage.observer.moments.counts["elected"] == 1


def test_commits_are_told_index_by_index_and_only_where_the_log_has_them() -> None:
    stage = a_stage()
    stage.everywhere("12")
    FACTS.clear()
    stage.one.step(term=2, commit=2)
    assert FACTS == [("stepped", 0, 2), ("committed", 1, True), ("committed", 2, True), "inspected"]
    assert stage.observer.tally.older_term_commits == 1
    FACTS.clear()
    stage.two.step(commit=2)
    assert FACTS == [("stepped", 0, 2), ("committed", 1, False), ("committed", 2, False)]
    FACTS.clear()
    stage.three.step(stage.three.persist(reset=LogPoint(2, 2)), LoadSnapshot(meta(2, 2)), commit=2)
    assert FACTS == [("reset", 2, 2), ("stepped", 0, 2), ("loaded", 2)]
    assert stage.observer.moments.counts["snapshot_installed"] == 1


def test_votes_count_when_the_disk_has_them() -> None:
    stage = a_stage()
    stage.two.step(stage.two.persist(hard_state=Ballot(3, 1)), voted_for=1)
    assert FACTS == []
    stage.two.synced()
    assert FACTS == [("voted", 0, 1)]
    assert stage.observer.chronicle.views[2].durable_votes == {0: 1}


def test_steps_that_change_nothing_tell_nothing_but_are_looked_at_now_and_then() -> None:
    stage = a_stage()
    for _ in range(2 * INSPECT_EVERY):
        stage.one.step()
    assert FACTS == ["inspected", "inspected"]
    assert stage.observer.summary()["steps"] == 3 + 2 * INSPECT_EVERY


def test_applied_entries_are_told() -> None:
    stage = a_stage()
    stage.one.store(entries=entries("11"))
    stage.one.step(commit=2)
    FACTS.clear()
    stage.one.apply(entry(1, 1), entry(2, 1))
    assert FACTS == [("stepped", 2, 2), ("applied", 1), ("applied", 2)]


def test_a_batch_that_a_leader_was_sent_is_known_when_it_is_committed() -> None:
    stage = a_stage()
    one = stage.one
    one.step(one.persist(entries=entries("1")), role="leader", term=1, leader=1)
    one.step(one.persist(entries=entries("1", first=2)), event=Received(2, Message()))
    one.step(commit=2)
    assert (stage.observer.tally.commits, stage.observer.tally.forwarded_commits) == (2, 1)
    assert stage.observer.moments.counts["appended_by_leader"] == 2


def test_what_a_follower_appends_was_not_forwarded_to_it() -> None:
    stage = a_stage()
    stage.two.step(stage.two.persist(entries=entries("1")), event=Received(1, Message()))
    stage.two.step(commit=1)
    assert stage.observer.tally.forwarded_commits == 0
    assert stage.observer.moments.counts["appended_by_leader"] == 0


def test_reads_of_followers_and_jumps_of_the_term_are_counted() -> None:
    stage = a_stage()
    stage.one.lead(1)
    for puppet in (stage.one, stage.two):
        puppet.step(ReadReady(1, 0))
    stage.two.follow(1, 1)
    stage.two.follow(1, 3)
    stage.three.term = 7
    stage.three.restart(Durable())
    stage.three.step()
    assert (stage.observer.tally.follower_reads, stage.observer.tally.term_jumps) == (1, 1)


def test_a_vote_of_a_second_process_is_counted_as_one_after_a_restart() -> None:
    stage = a_stage()
    for term, puppet in ((1, stage.one), (2, stage.two)):
        puppet.step(puppet.persist(hard_state=Ballot(term, 1)), term=term, voted_for=1)
        puppet.synced()
        if puppet is stage.one:
            stage.two.restart(Durable())
            stage.two.restart(Durable())
    assert stage.observer.moments.counts["voted"] == 2
    assert stage.observer.tally.votes_after_a_restart == 1


def test_messages_are_told_to_those_that_ask_for_them() -> None:
    assert not a_stage().observer.wants_messages
    assert Stage(PersistBeforeSend).observer.wants_messages
