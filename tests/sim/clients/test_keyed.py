"""Clients that ask again under a key: what they conclude from what they hear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from quorate.core.ids import SECOND
from quorate.core.keys import SESSION_EXPIRED, ClientSession, Keys, SessionOpened
from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown
from quorate.machines.client_sessions import SessionLimits
from quorate.sim import Cluster
from quorate.sim.clients.journal_clients import JournalWorkload
from quorate.sim.clients.keyed import MOST_ATTEMPTS, KeyedWrites
from quorate.sim.clients.kv_clients import KvWorkload
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.invariants.base import InvariantBrokenError
from quorate.sim.streams import stream


class Note:
    """A write that remembers what it is told, and a client besides."""

    def __init__(self) -> None:
        self.commands = [b"a"]
        self.heard: list[str] = []
        self.outcomes: list[Outcome] = []
        self.known: list[bool] = []
        self.stopped = False

    def attempted(self) -> None:
        self.heard.append("attempted")

    def acknowledged(self, results: Sequence[Any]) -> None:
        self.heard.append(f"acknowledged {list(results)}")

    def given_up(self) -> None:
        self.heard.append("given up")

    def was_told(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def ended(self, *, known: bool) -> None:
        self.known.append(known)


class Desk:
    """One client whose nodes answer as the script says, each attempt in turn; None is silence."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *script: Outcome | None) -> None:
        self.cluster = Cluster(seed=1)
        self.note = Note()
        self.script = list(script)
        self.asked: list[str] = []
        settings = WorkloadSettings(keyed=1.0)
        self.writes = KeyedWrites(self.note, self.cluster, settings, stream(1, "keyed writes", 1))
        self.writes.keys = Keys(ClientSession(9, 1))
        monkeypatch.setattr("quorate.sim.clients.keyed.COPIES", 0.0)
        for node in self.cluster.nodes.values():
            monkeypatch.setattr(node, "propose", self._propose)

    def _propose(self, commands: Any, timeout: Any, done: Any, key: Any) -> None:
        self.asked.append(str(key))
        outcome = self.script.pop(0) if self.script else Applied([7], 3)
        if outcome is not None:
            done(outcome)

    def run(self) -> list[str]:
        self.writes.write(self.note, 1)
        self.cluster.run_until(lambda: self.note.known, within=60)
        self.cluster.run(20)
        assert len(self.note.known) == 1, "it ends once"
        return self.note.heard


KEY = "9-0000000000000001-1"


def test_a_refused_attempt_is_made_anew_and_leaves_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, NotApplied("busy"), NotApplied("no_leader"))
    assert desk.run() == ["attempted", "attempted", "attempted", "acknowledged [7]"]
    assert (desk.asked, desk.note.known) == ([KEY] * 3, [True])


@pytest.mark.parametrize("doubt", [Unknown("timeout"), None])
def test_after_a_doubt_it_is_the_same_write_whatever_is_refused(
    monkeypatch: pytest.MonkeyPatch, doubt: Outcome | None
) -> None:
    desk = Desk(monkeypatch, doubt, NotApplied("busy"))
    assert desk.run() == ["attempted", "acknowledged [7]"]
    assert (desk.asked, desk.note.known) == ([KEY] * 3, [True])


def test_it_does_not_ask_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, *[Unknown("timeout")] * 99)
    assert desk.run() == ["attempted"]
    assert (len(desk.asked), desk.note.known) == (MOST_ATTEMPTS, [False])


def test_a_session_that_is_forgotten_is_replaced_if_there_is_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, NotApplied(SESSION_EXPIRED), Applied([SessionOpened(44)], 3))
    assert desk.run() == ["attempted", "attempted", "acknowledged [7]"]
    assert [text.split("-")[0] for text in desk.asked] == ["9", "0", "44"]
    desk = Desk(monkeypatch, Unknown("timeout"), NotApplied(SESSION_EXPIRED))
    assert desk.run() == ["attempted"]
    assert (desk.note.known, desk.writes.keys) == ([False], None)


def test_a_session_that_opens_late_after_all_sets_the_write_going_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both attempts to open one are silent for long; the first answers while the pause before the third goes on."""
    desk = Desk(monkeypatch)
    desk.writes.keys = None
    late: list[Any] = []

    def propose(commands: Any, timeout: Any, done: Any, key: Any) -> None:
        desk.asked.append(str(key))
        if len(desk.asked) <= 2:
            late.append(done)
        elif len(desk.asked) == 3:
            desk.cluster.scheduler.after(SECOND, done, Applied([7], 3))
        else:
            done(Applied([8], 3))

    for node in desk.cluster.nodes.values():
        monkeypatch.setattr(node, "propose", propose)
    patience = desk.writes.settings.patience_ns
    desk.writes.write(desk.note, 1)
    desk.cluster.run_until(lambda: len(late) == 2, within=60)
    desk.cluster.scheduler.after(2 * patience + 1, late[0], Applied([SessionOpened(44)], 3))
    desk.cluster.run_until(lambda: desk.note.known, within=60)
    desk.cluster.run(20)
    assert desk.note.heard == ["attempted", "acknowledged [7]"]
    assert [text.split("-")[0] for text in desk.asked] == ["0", "0", "44"]


def test_a_client_that_is_stopped_gives_up_what_was_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, *[NotApplied("busy")] * 99)
    desk.note.stopped = True
    assert desk.run() == ["attempted", "given up"]
    assert desk.note.known == [True]


def test_two_answers_that_differ_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for second, found in ((Applied([7], 9), False), (Applied([8], 9), True)):
        desk = Desk(monkeypatch, Applied([7], 3), second)
        monkeypatch.setattr("quorate.sim.clients.keyed.COPIES", 1.0)
        desk.script.insert(1, NotApplied("busy"))
        if found:
            with pytest.raises(InvariantBrokenError, match=r"key .* was answered \[7\], and then \[8\]"):
                desk.run()
        else:
            desk.run()


@pytest.mark.parametrize("kind", [JournalWorkload, KvWorkload])
def test_s_c6_s_c7_a_sound_cluster_applies_once_what_is_sent_again(kind: type[JournalWorkload | KvWorkload]) -> None:
    workload = kind(WorkloadSettings(clients=4, keyed=1.0, reads=0.2, kind="kv" if kind is KvWorkload else "journal"))
    limits = SessionLimits(idle_ms=5000, sessions=4, results=3)
    cluster = Cluster(machines=workload.machine, nodes=3, seed=5, sessions=limits)
    workload.begin(cluster)
    for _ in range(3):
        leader = cluster.wait_for_leader()
        cluster.run(2)
        cluster.crash(leader.node)
        cluster.run(3)
        cluster.restart(leader.node)
    cluster.mend()
    workload.stop()
    cluster.run_until(lambda: not workload.busy, within=30)
    workload.finish()
    assert sum(client.repeats for client in workload.clients) > 10
    assert workload.outcomes.applied > 50


def test_a_session_that_is_opened_late_after_all_begins_the_write_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence makes the client come again; the answer that comes before it does lets it begin at once. Then it has nothing to come for."""
    desk = Desk(monkeypatch)
    desk.writes.keys = None
    opened: list[Any] = []
    answer = desk.writes.send

    def send(node: int, commands: Sequence[bytes], key: Any, told: Any) -> None:
        if commands == (b"",):
            opened.append(told)
        else:
            answer(node, commands, key, told)

    monkeypatch.setattr(desk.writes, "send", send)
    desk.writes.write(desk.note, 1)
    (told,) = opened
    told(None)
    told(Applied([SessionOpened(9)], 3))
    desk.cluster.run(20)
    assert desk.note.heard == ["attempted", "acknowledged [7]"]
    assert desk.note.known == [True]
