"""What is measured, in the order of the table, and what each row means."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND

Unit: TypeAlias = Literal["ms", "messages", "bytes", "messages/s", "bytes/s", "count"]


class Measure(msgspec.Struct, frozen=True):
    """One row. `name` begins with its trial's. `short`: as a heading of a narrow column. Less is better, always."""

    name: str
    title: str
    short: str
    unit: Unit
    meaning: str
    logs_only: bool = False

    @property
    def trial(self) -> str:
        """Which trial sees it."""
        return self.name.partition("_")[0]

    @property
    def label(self) -> str:
        """Title and unit."""
        return self.title if self.unit == "count" else f"{self.title}, {self.unit}"

    def show(self, value: float) -> str:
        """In the unit of the row."""
        return number(value / MILLISECOND if self.unit == "ms" else value)


class Section(msgspec.Struct, frozen=True):
    """Rows that belong together."""

    title: str
    measures: tuple[Measure, ...]


def number(value: float) -> str:
    """Three digits or so, thousands apart; no digits after the point where there is nothing to tell."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


SECTIONS: tuple[Section, ...] = (
    Section(
        "Until somebody leads again",
        (
            Measure(
                "dies_time",
                "process dies",
                "dies",
                "ms",
                "the leader's process is killed: its connections close, new ones are refused",
            ),
            Measure(
                "vanishes_time",
                "machine vanishes",
                "vanishes",
                "ms",
                "the leader's machine loses its power or its cable: nothing is heard of it, and nobody says so",
            ),
            Measure(
                "paused_time",
                "leader stands still",
                "paused",
                "ms",
                "its process is stopped for 5 s and does not know it; its connections stay open",
            ),
            Measure(
                "cut_time",
                "leader cut off",
                "cut off",
                "ms",
                "no message passes between the leader, with a minority, and the rest",
            ),
            Measure("cold_time", "cold start", "cold", "ms", "all processes start at once, on empty disks"),
            Measure(
                "heals_time",
                "split heals",
                "split heals",
                "ms",
                "after 5 s in three parts, none of them a majority: from the healing on, with which all that waited in the links arrives",
            ),
        ),
    ),
    Section(
        "One has entries that nobody else has, and the leader vanishes",
        (
            Measure(
                "fresh_passed",
                "another was elected",
                "passed over",
                "count",
                "0: the one with the newest log was elected; 1: another one, and its entries are dropped, which nobody had been promised",
                logs_only=True,
            ),
            Measure("fresh_time", "until somebody leads", "until", "ms", "whoever that is", logs_only=True),
        ),
    ),
    Section(
        "What that costs",
        (
            Measure(
                "dies_messages",
                "process dies",
                "dies",
                "messages",
                "sent by anybody from the fault until somebody leads; without what the others say to each other at rest",
            ),
            Measure(
                "dies_bytes",
                "process dies",
                "dies",
                "bytes",
                "the same, in bytes on the wire, without what TCP adds",
            ),
            Measure(
                "vanishes_messages",
                "machine vanishes",
                "vanishes",
                "messages",
                "also those sent to the machine that is gone",
            ),
            Measure("vanishes_bytes", "machine vanishes", "vanishes", "bytes", "the same, in bytes"),
            Measure("cold_messages", "cold start", "cold", "messages", "from the start of all until somebody leads"),
            Measure("cold_bytes", "cold start", "cold", "bytes", "the same, in bytes"),
        ),
    ),
    Section(
        "At rest",
        (
            Measure(
                "rest_messages",
                "heartbeats, answers",
                "rest",
                "messages/s",
                "all nodes together, while nobody asks for anything",
            ),
            Measure("rest_bytes", "heartbeats, answers", "rest", "bytes/s", "the same, in bytes"),
        ),
    ),
    Section(
        "The biggest node comes and goes, a minute",
        (
            Measure(
                "flaps_changes",
                "new leaders",
                "changes",
                "count",
                "leaderships that began while the process with the biggest id is down for 2 s out of every 5",
            ),
            Measure("flaps_leaderless", "without a leader", "leaderless", "ms", "in all, of the minute"),
            Measure("flaps_longest", "longest without one", "longest", "ms", "at a stretch"),
        ),
    ),
    Section(
        "The leader's links come and go, a minute",
        (
            Measure(
                "links_changes",
                "new leaders",
                "changes",
                "count",
                "leaderships that began while the node that led at first is cut off for 2 s out of every 5",
            ),
            Measure("links_leaderless", "without a leader", "leaderless", "ms", "in all, of the minute"),
            Measure("links_longest", "longest without one", "longest", "ms", "at a stretch"),
        ),
    ),
    Section(
        "On the wrong side of a cut of 10 s",
        (
            Measure(
                "cut_claims",
                "somebody claims to lead",
                "claims",
                "ms",
                "how long any node of the minority thinks that it leads, from the cut on",
            ),
            Measure(
                "cut_two", "two claim to lead", "two", "ms", "how long two nodes think so at once, in different terms"
            ),
            Measure(
                "cut_two_same",
                "two claim the same term",
                "same term",
                "ms",
                "how long two nodes think so in one term: must be none",
            ),
            Measure(
                "cut_writes",
                "writes confirmed there",
                "writes",
                "count",
                "by the minority, while it is one: must be none",
                logs_only=True,
            ),
            Measure(
                "cut_reads",
                "reads confirmed there",
                "reads",
                "count",
                "linearizable ones: must be none",
                logs_only=True,
            ),
            Measure(
                "cut_healed_changes",
                "new leaders by healing",
                "healing",
                "count",
                "leaderships that began in the 3 s after the cut has healed",
            ),
            Measure(
                "paused_claims",
                "two lead after a pause",
                "after a pause",
                "ms",
                "a leader that stood still goes on: how long it and its successor both think that they lead",
            ),
        ),
    ),
    Section(
        "A write",
        (
            Measure(
                "alone_messages",
                "one at a time",
                "alone",
                "messages",
                "all messages while one client of the leader writes 64 bytes at a time, for each write",
                logs_only=True,
            ),
            Measure("alone_bytes", "one at a time", "alone", "bytes", "the same, in bytes", logs_only=True),
            Measure(
                "alone_time",
                "one at a time",
                "alone",
                "ms",
                "from the request to the leader until it is confirmed",
                logs_only=True,
            ),
            Measure("together_messages", "64 at once", "64", "messages", "64 such clients at once", logs_only=True),
            Measure("together_bytes", "64 at once", "64", "bytes", "the same, in bytes", logs_only=True),
            Measure("together_time", "64 at once", "64", "ms", "as above, the median write", logs_only=True),
        ),
    ),
)

MEASURES: dict[str, Measure] = {measure.name: measure for section in SECTIONS for measure in section.measures}
