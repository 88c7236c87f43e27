"""Clients of anybody's machine."""

from __future__ import annotations

from random import Random

import pytest

from quorate.core.errors import ConfigError
from quorate.sim import Cluster, InvariantBrokenError, MachineBrokenError
from quorate.sim.clients.custom import CustomWorkload, Held, draw
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.guard.ledger import Ledger
from quorate.sim.guard.machine import GuardedMachine, GuardSettings, guarded
from quorate.sim.guard.rules import Place
from sim.guard.machines import Words, draw_word

SETTINGS = WorkloadSettings(clients=4)


def begun(workload: CustomWorkload, seed: int = 1) -> Cluster:
    cluster = Cluster(machines=workload.machine, nodes=3, seed=seed)
    workload.begin(cluster)
    return cluster


def stopped(workload: CustomWorkload, cluster: Cluster) -> None:
    workload.stop()
    cluster.run_until(lambda: not workload.busy)


def test_s_x2_clients_write_and_read_and_judge() -> None:
    workload = CustomWorkload(Words, draw_word, settings=SETTINGS, check=lambda words: len(words.words) > 10)
    cluster = begun(workload)
    cluster.run(5)
    stopped(workload, cluster)
    applied = len(workload.ledger.steps)
    assert applied >= workload.outcomes.applied > 20
    assert workload.outcomes.reads > 5
    assert b"" in {step.command for step in workload.ledger.steps}, "refusals are results too"
    workload.finish()
    assert workload.counts()["commands applied"] == applied + 3
    for node in cluster.nodes.values():
        assert isinstance(node.machine, Words)


def test_the_same_seed_draws_the_same_commands() -> None:
    histories = []
    for _ in range(2):
        workload = CustomWorkload(Words, draw_word, settings=SETTINGS)
        begun(workload, seed=5).run(3)
        histories.append([(step.command, step.index, step.node) for step in workload.ledger.steps])
    assert histories[0] == histories[1] != []


def test_a_command_that_slips_in_is_found() -> None:
    workload = CustomWorkload(Words, draw_word, settings=SETTINGS)
    cluster = begun(workload)
    cluster.run_until(lambda: workload.outcomes.applied)
    cluster.propose(1, [b"nobody's"])
    with pytest.raises(InvariantBrokenError, match=r"Exactly once: .*nobody's. is applied 1 times"):
        cluster.run(5)


def test_a_false_answer_is_found() -> None:
    workload = CustomWorkload(Words, draw_word, settings=SETTINGS)
    cluster = begun(workload)
    cluster.run(3)
    command = workload.ledger.steps[0].command
    with pytest.raises(InvariantBrokenError, match="Acknowledged is applied"):
        workload.acknowledged([command], [999])


def test_a_stale_read_is_found() -> None:
    workload = CustomWorkload(Words, draw_word, settings=SETTINGS)
    cluster = begun(workload)
    cluster.run(3)
    workload.ledger.settled += 100
    told = workload.reader()
    with pytest.raises(InvariantBrokenError, match="Fresh reads: a read on node 2"):
        told(cluster.nodes[2])


def test_a_node_that_ends_in_another_state_is_found() -> None:
    workload = CustomWorkload(Words, draw_word, settings=SETTINGS)
    cluster = begun(workload)
    cluster.run(2)
    stopped(workload, cluster)
    cluster.nodes[3].machine.words.append("ghost")
    with pytest.raises(InvariantBrokenError):
        workload.finish()


def test_a_check_is_held_at_the_end_and_always() -> None:
    def short(words: Words) -> None:
        assert len(words.words) < 8

    at_the_end = CustomWorkload(Words, draw_word, settings=SETTINGS, check=short)
    cluster = begun(at_the_end)
    cluster.run(5)
    stopped(at_the_end, cluster)
    with pytest.raises(
        InvariantBrokenError, match=r"Your check: .*short\(machine\) raises AssertionError.* on node 1 \[check="
    ):
        at_the_end.finish()

    always = CustomWorkload(Words, draw_word, settings=SETTINGS, check=short, check_always=True)
    with pytest.raises(InvariantBrokenError, match=r"Your check: .*after Words: apply of"):
        begun(always).run(5)
    assert len(always.ledger.steps) >= 8


def test_a_check_answers_by_raising_or_by_false() -> None:
    guard = GuardedMachine(2, Words, Ledger(), GuardSettings())
    for fine in (None, True, 0, ""):
        Held(lambda _, answer=fine: answer).hold(guard)
    with pytest.raises(InvariantBrokenError, match="returns False on node 2"):
        Held(lambda _: False).hold(guard)
    with pytest.raises(InvariantBrokenError, match=r"returns False after Words: apply of b'x' \(command 4\)"):
        Held(lambda _: False).hold(guard, Place("Words", position=3, command=b"x"))
    with pytest.raises(MachineBrokenError, match="rule 'query'"):
        Held(lambda words: words.words.append("w")).hold(guard)


def test_what_is_drawn_is_bytes() -> None:
    assert draw(lambda random: bytes([random.randint(1, 1)]), Random(1)) == b"\x01"
    with pytest.raises(ConfigError, match=r"commands\(random\) returned 'text' \(str\); a command is bytes"):
        draw(lambda _: "text", Random(1))


def test_the_machine_of_a_node_is_the_users_own() -> None:
    workload = CustomWorkload(Words, draw_word, settings=SETTINGS)
    cluster = begun(workload)
    machine = cluster.nodes[1].driver.replica.machine
    guard = guarded(machine)
    assert guard is machine
    assert guard is not None
    assert cluster.nodes[1].machine is guard.machine
