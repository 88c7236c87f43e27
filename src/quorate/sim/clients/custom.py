"""Clients of anybody's state machine: they propose commands that its author draws, and want each applied once, and equal states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from quorate.core.errors import ConfigError
from quorate.core.ids import NodeId
from quorate.core.machine import StateMachine
from quorate.machines.results import ResultCodec, result_type_of
from quorate.sim.clients.calm import patience_s, read_through, write_through
from quorate.sim.clients.client import Client, ClientGroup, Outcomes
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.cluster import Cluster
from quorate.sim.guard.ledger import Ledger
from quorate.sim.guard.machine import GuardedMachine, GuardSettings, guarded
from quorate.sim.guard.rules import Place, shown
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.node import SimNode
from quorate.sim.streams import stream

Make = Callable[[], StateMachine]
DrawCommand = Callable[[Random], bytes]
Check = Callable[[Any], object]


def draw(commands: DrawCommand, random: Random) -> bytes:
    """One command. Raises `ConfigError` if it is none."""
    command = commands(random)
    if not isinstance(command, bytes):
        raise ConfigError(
            f"commands(random) returned {shown(command)} ({type(command).__name__}); a command is bytes: encode it"
        )
    return command


class Held:
    """A user's own check of a machine, as an invariant: what it raises, or a returned False, is its breaking."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._name = getattr(check, "__qualname__", type(check).__name__)

    def hold(self, guard: GuardedMachine, place: Place | None = None) -> None:
        """Raise `InvariantBrokenError` unless the machine is as it should be. `place`: the command that was just applied."""
        when = f" after {place}" if place is not None else f" on node {guard.node}" if guard.node else ""
        try:
            answer = guard.ask(self._check)
        except InvariantBrokenError:
            raise
        except Exception as error:
            raise self._broken(f"raises {shown(error)}{when}") from error
        if answer is False:
            raise self._broken(f"returns False{when}")

    def _broken(self, what: str) -> InvariantBrokenError:
        return InvariantBrokenError("Your check", f"check={self._name}", f"{self._name}(machine) {what}")


class Proposal:
    """Commands that one client proposes: a `Write`."""

    def __init__(self, commands: Sequence[bytes], workload: CustomWorkload) -> None:
        self.commands = commands
        self._workload = workload
        self._under_way = False

    def attempted(self) -> None:
        if self._under_way:
            self._workload.ledger.refused(self.commands)
        self._under_way = True
        self._workload.ledger.proposed(self.commands)

    def acknowledged(self, results: Sequence[Any]) -> None:
        self._workload.acknowledged(self.commands, results)

    def given_up(self) -> None:
        self._workload.ledger.refused(self.commands)


class CustomClient(Client):
    """Writes some commands at once, or reads."""

    def __init__(
        self, number: int, cluster: Cluster, settings: WorkloadSettings, outcomes: Outcomes, workload: CustomWorkload
    ) -> None:
        super().__init__(number, cluster, settings, outcomes)
        self._workload = workload
        self._draws = stream(cluster.seed, "commands", number)

    def act(self) -> None:
        if self.random.random() < self.settings.reads:
            self.read(self.claimant(), self._workload.reader())
            return
        count = self.random.randint(1, self.settings.commands)
        commands = [draw(self._workload.commands, self._draws) for _ in range(count)]
        self.write(Proposal(commands, self._workload), self.any_node())


class CustomWorkload(ClientGroup):
    """All clients of one storm over machines that `make` makes, each under guard. It serves one run.

    `commands` draws one command. `check` is called with each node's machine at the end; `check_always`: after each command too.
    """

    def __init__(
        self,
        make: Make,
        commands: DrawCommand,
        *,
        settings: WorkloadSettings | None = None,
        guard: GuardSettings | None = None,
        check: Check | None = None,
        check_always: bool = False,
    ) -> None:
        super().__init__(settings or WorkloadSettings())
        self.commands = commands
        self.ledger = Ledger()
        self._make = make
        self._guard = guard or GuardSettings()
        self._check = Held(check) if check is not None else None
        self._after_apply = self._check.hold if self._check is not None and check_always else None
        self._codec = ResultCodec()

    def machine(self, node: NodeId) -> GuardedMachine:
        machine = GuardedMachine(node, self._make, self.ledger, self._guard, self._after_apply)
        self._codec = ResultCodec(result_type_of(machine.machine))
        return machine

    def make_client(self, number: int, cluster: Cluster) -> Client:
        return CustomClient(number, cluster, self.settings, self.outcomes, self)

    def acknowledged(self, commands: Sequence[bytes], results: Sequence[object]) -> None:
        """A client was told that these are applied."""
        self.ledger.acknowledged(commands, [self._codec.encode(result) for result in results])

    def reader(self) -> Callable[[SimNode], None]:
        """What a read that is asked for now must see."""
        asked_at = self.ledger.settled

        def told(node: SimNode) -> None:
            self.ledger.read(node.node, asked_at, self._guard_of(node).position)

        return told

    def finish(self) -> None:
        """Every node takes a command and a read, and in the end has what any node ever applied, in the same state."""
        cluster = self.cluster
        random = stream(cluster.seed, "commands", "final")
        for node in cluster.members_expected():
            commands = [draw(self.commands, random)]
            self.ledger.proposed(commands)
            self.acknowledged(commands, write_through(cluster, node, commands).results)
            told = self.reader()
            read_through(cluster, node, lambda _machine: None)
            told(cluster.nodes[node])
        cluster.wait_for_convergence(patience_s(cluster))
        for node in cluster.members_expected():
            guard = self._guard_of(cluster.nodes[node])
            self.judge(guard)
            self.ledger.complete(node, guard.position)

    def judge(self, guard: GuardedMachine) -> None:
        """A last look at one machine."""
        guard.compare()
        if self._check is not None:
            self._check.hold(guard)

    def counts(self) -> dict[str, int]:
        return {"commands applied": len(self.ledger.steps), **self.outcomes.counts()}

    def _guard_of(self, node: SimNode) -> GuardedMachine:
        guard = guarded(node.driver.replica.machine)
        if guard is None:
            raise TypeError(f"node {node.node} runs a machine that this workload did not make")
        return guard
