"""What a line of a trace tells, and what it had better not."""

from __future__ import annotations

from quorate.core.durable import Durable, LogPoint
from quorate.core.effects import (
    Apply,
    Effect,
    Explain,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    Rejected,
    Send,
    WriteSnapshot,
)
from quorate.core.entry import Entry
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Proposed,
    ReadRequested,
    Received,
    SnapshotTaken,
    SnapshotWritten,
    TimePassed,
)
from quorate.core.ids import SECOND
from quorate.core.message import Message
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.record import Fatal, Record
from quorate.runtime.trace_format import Ended
from quorate.sim.storms.faults import Cut, Pause
from quorate.sim.traces.lines import ClockSet, Crashed, Happened, Started, Stopped, Verdict
from quorate.sim.traces.story import Happening, Story
from sim.stage import Ballot, entries


class Beat(Message, frozen=True):
    """Says where the sender is; `round` only counts."""

    round: int
    commit: int


META = SnapshotMeta(7, 2, (1, 2), 100, "ab")
BEGIN = Started(0, 1, clock=500, rate=1_000_000, incarnation=1, durable=Durable())


def told(story: Story, *effects: Effect, event: Event | None = None) -> list[tuple[str, str]]:
    """What a step of node 1 tells."""
    record = Record(500, 1, event or TimePassed(), effects)
    return [(happening.what, happening.details) for happening in story.tell(record)]


def test_what_repeats_and_changes_nothing_is_left_out() -> None:
    story = Story()
    assert told(story, Send(2, Beat(1, 5)), Send(3, Beat(1, 5))) == [("tells 2 3", "Beat commit=5")]
    assert told(story, Send(2, Beat(2, 5)), Send(3, Beat(2, 5))) == []
    assert told(story, Send(2, Beat(3, 6)), Send(3, Beat(3, 5))) == [("tells 2", "Beat commit=6")]
    assert told(story, event=Received(2, Beat(1, 5))) == [("hears 2", "Beat commit=5")]
    assert told(story, event=Received(2, Beat(2, 5))) == []
    assert told(story, event=Received(3, Beat(2, 5))) == [("hears 3", "Beat commit=5")]
    assert told(story, event=Persisted(1)) == []


def test_the_cause_of_what_changes_something_is_told_again() -> None:
    story = Story()
    told(story, event=Received(2, Beat(1, 5)))
    assert told(story, Apply(entries("11", 4)), event=Received(2, Beat(2, 5))) == [
        ("hears 2", "Beat commit=5"),
        ("commits", "4..5"),
    ]


def test_a_new_process_says_everything_anew() -> None:
    story = Story()
    told(story, Send(2, Beat(1, 5)))
    list(story.tell(BEGIN))
    assert told(story, Send(2, Beat(2, 5))) == [("tells 2", "Beat commit=5")]


def test_writes() -> None:
    story = Story()
    list(story.tell(Started(0, 1, 500, 1_000_000, 2, Durable(hard_state=Ballot(1), entries=entries("111")))))
    assert told(story, Persist(1, hard_state=Ballot(1), commit=3)) == []
    assert told(story, Persist(2, hard_state=Ballot(2, 3))) == [("notes", "term=2 vote=3")]
    assert told(story, Persist(3, truncate_from=2, entries=(Entry(2, 2, 0, b"", 0),))) == [
        ("truncates", "2..3"),
        ("writes", "2: 2:t2 noop"),
    ]
    assert told(story, Persist(4, compact=LogPoint(1, 1))) == [("compacts", "up to 1:t1")]
    assert told(story, Persist(5, reset=LogPoint(7, 2))) == [("log reset", "begins after 7:t2")]
    assert told(story, Persist(6, truncate_from=7)) == [("truncates", "7")]


def test_leadership() -> None:
    story = Story()
    effects = [
        LeaderChanged(1, 3),
        LeaderChanged(1, 3, ready=True),
        LeaderChanged(2, 4),
        LeaderChanged(None, 5),
    ]
    assert told(story, *effects) == [
        ("LEADS", "term 3"),
        ("LEADS", "term 3, ready"),
        ("follows", "node 2, term 4"),
        ("no leader", "term 5"),
    ]


def test_callers_snapshots_links_and_reasons() -> None:
    story = Story()
    assert told(story, Explain("vote_refused", {"candidate": 2, "why": None})) == [
        ("because", "vote_refused candidate=2 why=none")
    ]
    assert told(story, Rejected(4, "busy", 2)) == [("answers", "Rejected sequence=4 reason=busy hint=2")]
    assert told(story, event=Proposed(1, b"x")) == [("is asked", "x")]
    assert told(story, WriteSnapshot(META, 10, b"abc")) == [
        ("receives", "snapshot [up to 7:t2, 100 bytes], bytes 10..13")
    ]
    assert told(story, LoadSnapshot(META)) == [("loads", "snapshot [up to 7:t2, 100 bytes]")]
    assert told(story, event=SnapshotTaken(META)) == [("snapshot", "taken, [up to 7:t2, 100 bytes]")]
    assert told(story, event=SnapshotWritten(META, 50)) == []
    assert told(story, event=SnapshotWritten(META, 100, complete=True)) == [
        ("snapshot", "received [up to 7:t2, 100 bytes]")
    ]
    assert told(story, event=PeerConnected(2, 1)) == [("link", "to 2 is up")]
    assert told(story, event=PeerDisconnected(2)) == [("link", "to 2 broke")]
    assert told(story, event=PeerUnreachable(2)) == [("link", "to 2 is refused")]


def test_of_equal_refusals_of_reads_only_the_first_is_news() -> None:
    story = Story()
    reads = [
        told(story, ReadRefused(1, "no_leader"), event=ReadRequested(1)),
        told(story, ReadRefused(2, "no_leader"), event=ReadRequested(2)),
        told(story, ReadRefused(3, "busy"), event=ReadRequested(3)),
        told(story, ReadReady(4, 9), event=ReadRequested(4)),
        told(story, ReadRefused(5, "busy"), event=ReadRequested(5)),
    ]
    assert reads == [
        [("read", "1 refused: no_leader")],
        [],
        [("read", "3 refused: busy")],
        [("read", "4 sees 9")],
        [("read", "5 refused: busy")],
    ]


def test_processes_faults_and_ends() -> None:
    story = Story()
    lines = [
        BEGIN,
        Happened(5, Pause(5, 2, lasts_ns=SECOND)),
        Happened(6, Cut(6, ((1, 2),), lasts_ns=SECOND)),
        Crashed(7, 1, power=True),
        Started(8, 1, 0, 1_000_000, 2, Durable(hard_state=Ballot(4), entries=entries("12"), snapshot=META)),
        Crashed(9, 1, power=False, why="its disk is full"),
        Stopped(10, 1),
        Fatal(11, 1, TimePassed(), "KeyError: 1"),
        Verdict(12, "", 5, "ab"),
    ]
    assert [happening for line in lines for happening in story.tell(line)] == [
        Happening(0, 1, "starts", "on an empty disk"),
        Happening(5, 2, "fault", "Pause lasts=1000ms"),
        Happening(6, None, "fault", "Cut pairs=[[1, 2]] lasts=1000ms"),
        Happening(7, 1, "crashes", "power lost"),
        Happening(8, 1, "starts again", "term=4, snapshot [up to 7:t2, 100 bytes], log 1..2, last of term 2"),
        Happening(9, 1, "crashes", "its disk is full"),
        Happening(10, 1, "stops"),
        Happening(19, 1, "cannot go on", "at TimePassed: KeyError: 1"),
        Happening(12, None, "end", "all held"),
    ]


def test_the_time_is_the_worlds_whatever_the_clocks_show() -> None:
    story = Story()
    list(story.tell(Started(1000, 1, clock=500, rate=2_000_000, incarnation=1, durable=Durable())))
    assert story.time(1, 700) == 1100
    (set_to,) = story.tell(ClockSet(2000, 1, clock=9000, rate=500_000))
    assert set_to.details == "runs 50.00 % too slow"
    assert story.time(1, 9100) == 2200
    assert list(story.tell(ClockSet(2200, 1, clock=9100, rate=500_000))) == []


def test_a_real_nodes_time_begins_with_its_first_step() -> None:
    story = Story()
    story.recovered(1, Durable(entries=entries("11")))
    (first,) = story.tell(Record(10**15, 1, None, (Explain("up"),)))
    (later,) = story.tell(Record(10**15 + 5, 1, None, (Persist(1, truncate_from=1),)))
    assert (first.at, later.at) == (0, 5)
    assert later.details == "1..2"
    assert list(story.tell(Ended(10**15 + 9, "no space"))) == [Happening(5, None, "trace ends", "no space")]
