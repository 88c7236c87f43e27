"""What all nodes of one simulation stand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import NodeId
from quorate.core.machine import StateMachine
from quorate.machines.client_sessions import LIMITS, SessionLimits
from quorate.runtime.limits import Limits
from quorate.sim.codec import WireCodec
from quorate.sim.lane import DiskSettings
from quorate.sim.network import Network
from quorate.sim.observer import Observer
from quorate.sim.scheduler import Scheduler
from quorate.sim.traces.trace import Trace
from quorate.storage.options import StoreOptions

CLUSTER = "simulated"


class Ground:
    """What all nodes of one simulation stand on."""

    def __init__(
        self,
        *,
        seed: int,
        members: tuple[NodeId, ...],
        spec: AlgorithmSpec,
        config: Any,
        limits: Limits,
        store_options: StoreOptions,
        disk_settings: DiskSettings,
        machine: Callable[[NodeId], StateMachine],
        scheduler: Scheduler,
        network: Network,
        observer: Observer,
        trace: Trace | None,
        sessions: SessionLimits = LIMITS,
    ) -> None:
        self.seed = seed
        self.members = members
        self.spec = spec
        self.config = config
        self.limits = limits
        self.store_options = store_options
        self.disk_settings = disk_settings
        self.machine = machine
        self.scheduler = scheduler
        self.network = network
        self.observer = observer
        self.trace = trace
        self.sessions = sessions
        self.codec = WireCodec(spec.messages, spec.since)
