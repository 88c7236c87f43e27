"""Everything that dies in a crash: one process, with the production store, algorithm and driver."""

from typing import Any

from quorate.core.durable import Identity
from quorate.core.entry import Entry
from quorate.core.ids import NodeId
from quorate.core.machine import StateMachine
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

    def __init__(self, machine: StateMachine, tally: Tally) -> None:
        super().__init__(machine)
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
        identity = Identity(CLUSTER, node, store.disk_id, store.incarnation, ground.members)
        random = stream(ground.seed, "algorithm", node, store.incarnation)
        self.store = store
        self.machine = WatchedMachine(ground.machine(node), ground.observer.tally)
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

    def run(self) -> None:
        """Start the driver, then take part in the network."""
        self.driver.start()
        self.world.run(self.driver)
