"""A simulated cluster for tests and storms: the readable public face of the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.algorithm import Status
from quorate.core.configuration import Configuration
from quorate.core.consistency import LINEARIZABLE, Consistency, ReadInfo
from quorate.core.errors import ConfigError, ReadFailedError
from quorate.core.ids import SECOND, Index, Nanos, NodeId
from quorate.core.keys import Key
from quorate.core.machine import StateMachine
from quorate.core.outcome import Outcome
from quorate.machines.client_sessions import LIMITS, SessionLimits
from quorate.runtime.limits import Limits
from quorate.sim.clients.history import History
from quorate.sim.clients.journal import Journal
from quorate.sim.ground import Ground
from quorate.sim.guard.ledger import Ledger
from quorate.sim.guard.machine import STANDARD, GuardedMachine, GuardSettings
from quorate.sim.image import LossRule
from quorate.sim.invariants import for_algorithm
from quorate.sim.lane import DiskSettings
from quorate.sim.network import Network, NetworkSettings
from quorate.sim.node import SimNode
from quorate.sim.observer import Observer
from quorate.sim.scheduler import Scheduler
from quorate.sim.traces.lines import cluster_header
from quorate.sim.traces.trace import Sink, Trace
from quorate.storage.options import StoreOptions

SMALL_STORE = StoreOptions(segment_bytes=16 * 1024, allocate_bytes=4096, prepare_bytes=4096)
"""Small segments, so that short runs go through many of them."""

SMALL_SESSIONS = SessionLimits(idle_ms=20_000, sessions=5, results=8, result_bytes=4096)
"""Few client sessions and short lives, so that short runs see them forgotten."""


class NeverError(AssertionError):
    """What was waited for did not happen in its time."""


class Pending:
    """A proposal under way. `outcome`: None until there is one."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None

    @property
    def done(self) -> bool:
        return self.outcome is not None

    def settle(self, outcome: Outcome) -> None:
        self.outcome = outcome


class Reading:
    """A read under way. `answer`: None until there is one; an index, or why not. `value`: what the query returned when the machine could be
    read; `info`: how it was answered."""

    def __init__(self) -> None:
        self.answer: Index | ReadFailedError | None = None
        self.value: Any = None
        self.info: ReadInfo | None = None

    def label(self, info: ReadInfo) -> None:
        """Note how it is answered."""
        self.info = info

    @property
    def done(self) -> bool:
        return self.answer is not None

    @property
    def failure(self) -> ReadFailedError | None:
        """Why there is no value; None if there is one, or nothing yet."""
        return self.answer if isinstance(self.answer, ReadFailedError) else None


class Cluster:
    """Nodes 1 to `nodes`, and after them `spares` that wait to be let in, started, with simulated clocks, network and disks; the
    rest is what runs in production.

    `machine` makes each node's state machine, or `machines`, which is given the node; without either a `Journal` that checks
    exactly-once and order in `history`. They are made anew at each start of a process. `guard` holds what `machine` makes to the rules of
    state machines (docs/testing.md); None leaves it alone.
    `options` are the algorithm's, `limits` the driver's; `sessions` bounds what is remembered of clients. `trace_file`: where each
    step is written as a JSON line; `traced` without a file keeps the digest only. Times are the world's, in ns, unless named otherwise.

    Every step is checked against the invariants: a broken one raises out of whatever lets time pass.
    """

    def __init__(
        self,
        machine: Callable[[], StateMachine] | None = None,
        *,
        machines: Callable[[NodeId], StateMachine] | None = None,
        guard: GuardSettings | None = STANDARD,
        nodes: int = 3,
        spares: int = 0,
        algorithm: str = DEFAULT,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        network: NetworkSettings | None = None,
        disk: DiskSettings | None = None,
        store: StoreOptions = SMALL_STORE,
        sessions: SessionLimits = LIMITS,
        traced: bool = False,
        trace_file: Sink | None = None,
        trace_header: bytes = b"",
    ) -> None:
        spec = find(algorithm)
        try:
            config = msgspec.convert(dict(options or {}), spec.config)
        except (msgspec.ValidationError, ValueError) as error:
            raise ConfigError(f"{algorithm}: {error}") from error
        members = tuple(range(1, nodes + 1))
        everybody = tuple(range(1, nodes + spares + 1))
        self.seed = seed
        self.spec = spec
        self.config = config
        self.limits = limits or Limits()
        self.scheduler = Scheduler()
        self.network = Network(self.scheduler, seed, list(everybody), network or NetworkSettings())
        kinds = for_algorithm(spec)
        self.observer = Observer(
            members,
            kinds,
            spec.alarms,
            spares=everybody[nodes:],
            grants=spec.grants,
            histories=spec.histories,
            quorum=partial(spec.quorum, config),
            drift_percent=getattr(config, "clock_drift_percent", 100),
            unpromised=[kind for kind in kinds if not kind.promised(spec, config)],
        )
        self.history = History()
        header = trace_header or cluster_header(spec.name, seed, nodes)
        self.trace = Trace(trace_file, header) if traced or trace_file is not None else None
        ground = Ground(
            seed=seed,
            members=members,
            spec=spec,
            config=config,
            limits=self.limits,
            store_options=store,
            disk_settings=disk or DiskSettings(),
            machine=machines or self._machine_maker(machine, guard),
            scheduler=self.scheduler,
            network=self.network,
            observer=self.observer,
            trace=self.trace,
            sessions=sessions,
        )
        self.nodes = {node: SimNode(ground, node) for node in everybody}
        for node in self.nodes.values():
            node.start()

    # Time

    @property
    def now(self) -> Nanos:
        """The world's time."""
        return self.scheduler.now

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.scheduler.run_until(self.now + int(seconds * SECOND))

    def run_until(self, condition: Callable[[], object], within: float = 30.0) -> None:
        """Let time pass until `condition()` holds. Raises `NeverError` after `within` seconds."""
        limit = self.now + int(within * SECOND)
        if not self.scheduler.run_while(lambda: not condition(), limit) and not condition():
            raise NeverError(f"not so within {within:g} s of simulated time: {self.describe()}")

    @property
    def election_timeout_s(self) -> float:
        """The longest timeout in the algorithm's settings, s: the measure of how soon a cluster recovers. 1 if it has none."""
        settings = msgspec.structs.asdict(self.config)
        return max((value for name, value in settings.items() if name.endswith("timeout_ms")), default=1000) / 1000

    def describe(self) -> str:
        """One line on every node, for the person who asks why."""
        words = []
        for node in self.nodes.values():
            if node.up:
                status = node.status()
                paused = ", paused" if node.paused else ""
                words.append(
                    f"{node.node} {status.role} term {status.term} commit {status.commit} applied {status.applied}"
                    f"{paused}" + (f" ({status.why})" if status.why else "")
                )
            else:
                words.append(f"{node.node} down" + (f" ({node.failure})" if node.failure else ""))
        return f"seed {self.seed}, {self.now / SECOND:.3f} s: " + "; ".join(words)

    # Who leads

    def members_expected(self) -> list[NodeId]:
        """Nodes that are meant to serve when nothing goes wrong: the members, but those whose disk was found damaged."""
        members = self.configuration().ids
        return [node.node for node in self.nodes.values() if node.node in members and not node.ruined]

    def configuration(self) -> Configuration:
        """What the leader says the group is; without a leader, the newest that is known to be committed."""
        leader = self.leader()
        said = leader.status().configuration if leader is not None else Configuration()
        return said if said.voters else self.observer.chronicle.settled

    def settled(self) -> bool:
        """Whether the group stays as it is if nobody asks for a change: no configuration is being made or left, and no learner is about
        to vote."""
        leader = self.leader()
        if leader is None:
            return False
        status = leader.status()
        group = status.configuration
        waiting = any(member.wants_vote for member in group.members)
        moving = group.auto_leave if group.joint else waiting
        return status.configuration_committed and not moving

    def up(self) -> list[SimNode]:
        """Nodes with a process, paused or not."""
        return [node for node in self.nodes.values() if node.up]

    def leader(self) -> SimNode | None:
        """The node that leads the highest term and is not paused; None if nobody says so."""
        theirs = self._highest(self._statuses())
        return self.nodes[theirs.node] if theirs is not None else None

    def wait_for_leader(self, within: float = 30.0) -> SimNode:
        """Let time pass until a leader is ready and a quorum of voters knows it."""
        self.run_until(self._is_led, within)
        leader = self.leader()
        if leader is None:
            raise NeverError(self.describe())
        return leader

    def followers(self) -> list[SimNode]:
        """Nodes that are up and do not lead."""
        leader = self.leader()
        return [node for node in self.up() if node is not leader]

    # Faults

    def crash(self, node: NodeId, *, power: bool = True, rule: LossRule = "prefix", silent: bool = False) -> None:
        """Kill a process; see `SimNode.crash`."""
        self.nodes[node].crash(power=power, rule=rule, silent=silent)

    def restart(self, node: NodeId) -> None:
        """Start it again on what its disk holds."""
        self.nodes[node].start()

    def cut(self, some: Iterable[NodeId], others: Iterable[NodeId] | None = None, *, both_ways: bool = True) -> None:
        """Let nothing pass from `some` to `others` (all the rest, if not given) and, if `both_ways`, back."""
        ours = set(some)
        theirs = set(others) if others is not None else set(self.nodes) - ours
        for source in sorted(ours):
            for target in sorted(theirs):
                self.network.cut(source, target)
                if both_ways:
                    self.network.cut(target, source)

    def heal(self) -> None:
        """End all cuts."""
        self.network.heal_all()

    def mend(self) -> None:
        """End every fault: cuts, sick disks, pauses; nodes that are down start again."""
        self.heal()
        for node in self.nodes.values():
            node.mend_disk()
            if node.paused:
                node.resume()
            node.start()

    # Clients

    def propose(self, node: NodeId, commands: list[bytes], timeout: float = 10.0, *, key: Key | None = None) -> Pending:
        """Ask `node` to have `commands` applied, once under a `key`. Let time pass, then look at the outcome."""
        pending = Pending()
        self.nodes[node].propose(commands, int(timeout * SECOND), pending.settle, key)
        return pending

    def read(
        self,
        node: NodeId,
        query: Callable[[Any], Any],
        timeout: float = 10.0,
        consistency: Consistency = LINEARIZABLE,
    ) -> Reading:
        """Ask `node` for a read: `query(machine)` is called when its time has come."""
        reading = Reading()
        reader = self.nodes[node]

        def done(answer: Index | ReadFailedError) -> None:
            if not isinstance(answer, ReadFailedError):
                reading.value = reader.ask(query)
            reading.answer = answer

        reader.read(int(timeout * SECOND), done, consistency, reading.label)
        return reading

    def apply(self, node: NodeId, *commands: bytes, within: float = 30.0) -> Outcome:
        """Propose, and let time pass until there is an outcome."""
        pending = self.propose(node, list(commands), timeout=within)
        self.run_until(lambda: pending.done, within + 1)
        if pending.outcome is None:
            raise NeverError(self.describe())
        return pending.outcome

    def converged(self) -> bool:
        """Whether all nodes that are meant to be up are, agree on a leader and have applied the same."""
        expected = [self.nodes[node] for node in self.members_expected()]
        if len(self._following()) < len(expected):
            return False
        applied = {node.status().applied for node in expected}
        return len(applied) == 1 and len({node.digest() for node in expected}) == 1

    def wait_for_convergence(self, within: float = 30.0) -> None:
        """Let time pass until `converged()`, then look at everything once more."""
        self.run_until(self.converged, within)
        for node in self.up():
            self.observer.look(node.node, node.algorithm)

    def _following(self) -> list[NodeId]:
        """Nodes that agree on the leader, itself included; none as long as there is none or it is not ready."""
        statuses = self._statuses()
        return self._followers_of(self._highest(statuses), statuses)

    def _is_led(self) -> bool:
        statuses = self._statuses()
        theirs = self._highest(statuses)
        if theirs is None:
            return False
        chronicle = self.observer.chronicle
        voters = theirs.configuration.voters or chronicle.settled.voters
        return chronicle.quorum([voters], self._followers_of(theirs, statuses))

    def _statuses(self) -> list[Status]:
        """Of all that run. Conditions ask after every event, so each node is asked once for all that follows."""
        return [node.status() for node in self.nodes.values() if node.up and not node.paused]

    @staticmethod
    def _highest(statuses: Iterable[Status]) -> Status | None:
        """That of the leader of the highest term."""
        leading = [status for status in statuses if status.leader == status.node]
        return max(leading, key=lambda status: status.term) if leading else None

    def _followers_of(self, theirs: Status | None, statuses: Iterable[Status]) -> list[NodeId]:
        if theirs is None or (self.spec.keeps_log and not theirs.ready):
            return []
        members = theirs.configuration.ids or tuple(self.nodes)
        counter = self.observer.chronicle.counter
        led = (theirs.node, counter(theirs.term))
        return [s.node for s in statuses if (s.leader, counter(s.term)) == led and s.node in members]

    def _machine_maker(
        self, machine: Callable[[], StateMachine] | None, guard: GuardSettings | None
    ) -> Callable[[NodeId], StateMachine]:
        if machine is None:
            return lambda node: Journal(node, self.history)
        make = machine
        if guard is None:
            return lambda _node: make()
        ledger, settings = Ledger(), guard
        return lambda node: GuardedMachine(node, make, ledger, settings)
