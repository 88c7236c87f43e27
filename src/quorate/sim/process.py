"""Everything that dies in a crash: one process, with the production store, algorithm and driver."""

from collections.abc import Callable
from functools import partial
from typing import Any

from quorate.core.consistency import Consistency, ReadInfo
from quorate.core.durable import Identity
from quorate.core.entry import Entry
from quorate.core.errors import ReadFailedError
from quorate.core.ids import Index, Nanos, NodeId
from quorate.core.machine import StateMachine
from quorate.machines.client_sessions import SessionLimits
from quorate.machines.sessions import AppliedBatch, SessionedMachine
from quorate.runtime.driver import Driver
from quorate.runtime.listener import Listener
from quorate.runtime.witness import Witness
from quorate.sim.clock import Clock
from quorate.sim.disk import SimDisk
from quorate.sim.ground import CLUSTER, Ground
from quorate.sim.guard.machine import guarded
from quorate.sim.streams import derive, stream
from quorate.sim.tally import Tally
from quorate.sim.world import SimWorld
from quorate.storage.store import Store


def open_store(ground: Ground, node: NodeId, disk: SimDisk) -> Store:
    """The production store on a simulated disk. Raises what it raises, and `CrashedError` if the process dies meanwhile."""
    return Store.open(
        disk,
        cluster=CLUSTER,
        node=node,
        algorithm=ground.spec.name,
        hard_state=ground.spec.hard_state,
        disk_id=derive(ground.seed, "disk", node),
        options=ground.store_options,
    )


class WatchedMachine(SessionedMachine[Any]):
    """Counts the batches that came again and were skipped."""

    def __init__(self, machine: StateMachine, limits: SessionLimits, tally: Tally) -> None:
        super().__init__(machine, limits)
        self._tally = tally

    def apply(self, entry: Entry) -> AppliedBatch | None:
        """As ever."""
        applied = super().apply(entry)
        if applied is not None and applied.repeated:
            self._tally.batches_skipped += 1
        return applied


class Process:
    """Built from what the store recovered; `run` starts it."""

    def __init__(
        self, ground: Ground, node: NodeId, disk: SimDisk, store: Store, clock: Clock, *, listener: Listener
    ) -> None:
        identity = Identity(
            CLUSTER, node, store.disk_id, store.incarnation, ground.members if node in ground.members else ()
        )
        random = stream(ground.seed, "algorithm", node, store.incarnation)
        self.store = store
        self._observer = ground.observer
        self.machine = WatchedMachine(ground.machine(node), ground.sessions, ground.observer.tally)
        if (guard := guarded(self.machine.machine)) is not None:
            guard.follow(self.machine)
        algorithm = ground.spec.build(identity, ground.config, store.durable, random)
        self.algorithm = algorithm if ground.trace is None else Witness(algorithm, node, ground.trace.add)
        self.world = SimWorld(
            node=node,
            scheduler=ground.scheduler,
            network=ground.network,
            clock=clock,
            codec=ground.codec,
            disk=disk,
            disk_settings=ground.disk_settings,
            random=stream(ground.seed, "world", node, store.incarnation),
            sent=partial(ground.observer.sent, node) if ground.observer.wants_messages else None,
            stored=partial(ground.observer.stored, node) if ground.observer.wants_messages else None,
        )
        self.driver = Driver(
            world=self.world,
            algorithm=self.algorithm,
            store=store,
            replica=self.machine,
            identity=identity,
            listener=listener,
            limits=ground.limits,
            checked=True,
            recording=True,
        )

    def read(
        self,
        timeout: Nanos,
        done: Callable[[Index | ReadFailedError], None],
        consistency: Consistency,
        look: Callable[[ReadInfo], None],
    ) -> None:
        """As `Driver.read`; an answer by a lease is told to the observer."""
        seen: list[ReadInfo] = []

        def note(info: ReadInfo) -> None:
            seen[:] = [info]
            look(info)

        def answer(result: Index | ReadFailedError) -> None:
            if seen and seen[0].answered == "lease" and not isinstance(result, ReadFailedError):
                self._observer.answered_by_lease(self.world.node)
            done(result)

        self.driver.read(self.world.now() + timeout, answer, consistency, note)

    def holds_lease(self) -> bool:
        """Whether it would answer a read by itself now. One that is paused answers nobody."""
        if self.world.paused:
            return False
        now = self.world.now()
        until = self.algorithm.standing(self.machine.applied, now).lease_until
        return until is not None and now < until

    def run(self) -> None:
        """Start the driver, then take part in the network."""
        self._observer.runs(self.world.node, self.holds_lease)
        self.driver.start()
        self.world.run(self.driver)
