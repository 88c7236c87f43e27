"""What a storm will do, all of it, drawn from its seed before it begins."""

from __future__ import annotations

from random import Random
from typing import Any, Literal, TypeAlias

import msgspec

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.runtime.limits import Limits
from quorate.sim.clients.workload import WorkloadKind, WorkloadSettings
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.lane import DiskSettings
from quorate.sim.network import NetworkSettings
from quorate.sim.storms.elections import draw_elections
from quorate.sim.storms.faults import Fault
from quorate.sim.storms.leases import draw_leases
from quorate.sim.storms.members import draw_members
from quorate.sim.storms.scripts import draw_direction
from quorate.sim.storms.swarm import CLOCK_SPREAD, draw_faults
from quorate.sim.storms.transfers import draw_transfers
from quorate.sim.storms.triggers import Trigger
from quorate.sim.streams import stream

NetworkMode: TypeAlias = Literal["links", "datagrams", "mixed"]
"""links: connections, as in production. datagrams: messages are also lost, doubled, reordered and replayed one by one.
mixed: each seed draws one of the two. An algorithm that does not survive datagrams has links in all of them."""


class Plan(msgspec.Struct, frozen=True):
    """Everything that makes a run the run it is; as JSON it can be kept, changed and run again. `rates`: of the clocks, by node.
    `duration_ns`: how long clients act and faults happen, before the calm. `segment_bytes`: of the log on disk. `spares`: nodes beyond
    `nodes` that wait to be let in. A field that is added has a default, so that older files stay readable."""

    seed: int
    algorithm: str
    nodes: int
    network_mode: NetworkMode
    options: dict[str, Any]
    limits: Limits
    network: NetworkSettings
    disk: DiskSettings
    workload: WorkloadSettings
    rates: list[int]
    faults: list[Fault]
    duration_ns: Nanos = 14 * SECOND
    triggers: list[Trigger] = []
    segment_bytes: int = 16 * 1024
    spares: int = 0


_SIZES = (3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5, 4, 2, 7, 1)
"""Mostly those that people run. The others break what is only true of odd, or of small."""

_DURATIONS = (3, 3, 4, 4, 8, 14)
"""Seconds. Most failures need a few elections, not a long time; a few need many snapshots or a long decay."""

_TIMES = ((200, 40), (300, 60), (500, 100), (500, 100), (1000, 200))
"""Election timeout and heartbeat, ms; as few heartbeats as are allowed, because in a storm they cost the most and find the least."""

_DISKS = (
    DiskSettings(),
    DiskSettings(latency_ns=4 * MILLISECOND, spread_ns=8 * MILLISECOND),
    DiskSettings(tail_share=0.1, tail_ns=300 * MILLISECOND),
)


def draw_plan(
    seed: int, algorithm: str = DEFAULT, nodes: int | None = None, network_mode: NetworkMode = "mixed"
) -> Plan:
    """The plan of a seed. `nodes`: of the cluster; None: drawn too."""
    spec = find(algorithm)
    random = stream(seed, "plan")
    size, duration_s = random.choice(_SIZES), random.choice(_DURATIONS)
    size, duration_ns = nodes or size, duration_s * SECOND
    network = _draw_network(random, network_mode if spec.survives_datagrams else "links")
    elections = draw_elections(seed, spec, size)
    options = _draw_options(random) | elections.options
    limits = Limits(
        batch_commands=random.choice((1, 4, 64)),
        batches_in_flight=random.choice((1, 4, 8)),
        resend_ms=random.choice((300, 1000, 2000)),
        snapshot_entries=random.choice((15, 40, 120, 10_000)),
    )
    disk = random.choice(_DISKS)
    workload = WorkloadSettings(
        clients=random.choice((2, 4, 6)), commands=random.choice((1, 3, 8)), reads=random.choice((0.1, 0.25, 0.6))
    )
    members = draw_members(seed, spec)
    rates = [NOMINAL_RATE + random.randint(-CLOCK_SPREAD, CLOCK_SPREAD) for _ in range(size + members.spares)]
    direction = draw_direction(
        seed, size, spec, options["election_timeout_ms"] * MILLISECOND, datagrams=network.datagrams()
    )
    leases = draw_leases(seed, spec)
    options |= _draw_transfers(seed) | direction.options | leases.options | members.options
    timeout_ns = options["election_timeout_ms"] * MILLISECOND
    transfers = draw_transfers(seed, spec, size + members.spares)
    duration_ns = min(duration_ns, direction.most_ns or duration_ns)
    faults = draw_faults(seed, size, duration_ns, datagrams=network.datagrams())
    faults = elections.faults(leases.faults(faults, size, timeout_ns, duration_ns), size, timeout_ns, duration_ns)
    faults = transfers.faults(members.faults(faults, duration_ns), duration_ns)
    return Plan(
        seed=seed,
        spares=members.spares,
        algorithm=algorithm,
        nodes=size,
        network_mode=network_mode,
        options={name: value for name, value in options.items() if name in spec.config.__struct_fields__},
        limits=msgspec.structs.replace(limits, **direction.limits),
        network=msgspec.structs.replace(network, **direction.network),
        disk=disk,
        workload=msgspec.structs.replace(
            workload,
            kind=_draw_kind(seed),
            near=_draw_near(seed),
            keyed=_draw_keyed(seed),
            **direction.workload | leases.workload,
        ),
        rates=elections.clocks.rates(leases.rates(rates)),
        faults=faults[: direction.most_faults],
        duration_ns=duration_ns,
        triggers=transfers.triggers(
            members.triggers(elections.clocks.triggers(leases.triggers(direction.triggers)), timeout_ns), timeout_ns
        ),
        segment_bytes=stream(seed, "segments").choice((4 * 1024, 16 * 1024, 16 * 1024)),
    )


def _draw_kind(seed: int) -> WorkloadKind:
    """Half of the seeds each: the journal sees more of the order, the key-value machine more of what clients may rely on."""
    return stream(seed, "workload").choice(("journal", "kv"))


def _draw_keyed(seed: int) -> float:
    """The share of writes with a key: those are sent again when their outcome is unknown."""
    return stream(seed, "keyed writes").choice((0.0, 0.5, 0.5))


def _draw_near(seed: int) -> float:
    """The share of reads that ask for less than the newest state."""
    return stream(seed, "near reads").choice((0.0, 0.0, 0.3))


def _draw_options(random: Random) -> dict[str, Any]:
    """Settings that an algorithm may have, kept small so that short runs reach their limits; it gets those that it knows."""
    election_ms, heartbeat_ms = random.choice(_TIMES)
    return {
        "election_timeout_ms": election_ms,
        "heartbeat_ms": heartbeat_ms,
        "inflight_messages": random.choice((1, 4, 256)),
        "append_bytes": random.choice((1, 1, 200, 1 << 20)),
        "snapshot_chunk_bytes": random.choice((100, 1000, 1 << 18)),
        "log_tail_entries": random.choice((0, 5, 50)),
        "fast_failover": random.random() < 0.7,
        "pre_vote": random.random() < 0.7,
        "uncommitted_bytes": random.choice((300, 1 << 26, 1 << 26)),
        "waiting_reads": random.choice((2, 4096, 4096)),
    }


def _draw_transfers(seed: int) -> dict[str, Any]:
    """How snapshots are sent: in windows, at a rate, to few at once, and with how much log kept for their sake."""
    random = stream(seed, "transfers")
    return {
        "snapshot_window_chunks": random.choice((1, 2, 4, 16)),
        "snapshot_bytes_per_s": random.choice((0, 0, 0, 100_000)),
        "snapshot_transfers": random.choice((1, 1, 2)),
        "snapshot_hold_bytes": random.choice((0, 300, 1 << 28)),
    }


def _draw_network(random: Random, mode: NetworkMode) -> NetworkSettings:
    mixed_in = random.random() < 0.4
    datagrams = mode == "datagrams" or (mode == "mixed" and mixed_in)
    latency_ns, spread_ns = random.choice(((200_000, 800_000), (200_000, 800_000), (5 * MILLISECOND, 10 * MILLISECOND)))
    tail_share = random.choice((0.0, 0.01, 0.05))
    tail_ns = random.choice((50, 300, 800)) * MILLISECOND
    ns_per_byte = random.choice((8, 8, 8, 80, 20_000))
    share = random.choice((0.01, 0.05, 0.1))
    loss, duplicate, reorder, replay = (random.choice((0.0, share)) for _ in range(4))
    if not datagrams:
        loss = duplicate = reorder = replay = 0.0
    return NetworkSettings(
        latency_ns=latency_ns,
        spread_ns=spread_ns,
        tail_share=tail_share,
        tail_ns=tail_ns,
        ns_per_byte=ns_per_byte,
        loss=loss,
        duplicate=duplicate,
        reorder=reorder,
        replay=replay,
    )
