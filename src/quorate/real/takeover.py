"""Recovery of a group that has lost its quorum, on a survivor that is stopped: `quorate recover`."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from quorate.algorithms.catalog import find
from quorate.core.algorithm import AlgorithmSpec
from quorate.core.configuration import Configuration, decode_configuration, first_configuration
from quorate.core.durable import Durable, Identity
from quorate.core.entry import EntryKind
from quorate.core.errors import ConfigError, QuorateError
from quorate.core.ids import Index, NodeId, Term
from quorate.real.address import parse_address
from quorate.real.connect import is_gone
from quorate.real.disk import RealDisk
from quorate.storage.label import Label, read_label, relabel
from quorate.storage.layout import LABEL
from quorate.storage.store import Store

PROBE_MS = 1000


class QuorumLivesError(QuorateError):
    """Enough of the other voters answer: the group can go on by itself, and must not be split in two."""


class Survivor(msgspec.Struct, frozen=True):
    """What a data directory holds of its group. Of several survivors the one with the highest (`last_term`, `last_index`) knows most.
    `answering`: other members that listen at their addresses; `silent`: those that do not, or whose address is not known."""

    cluster: str
    node: NodeId
    term: Term
    last_term: Term
    last_index: Index
    commit: Index
    snapshot_index: Index
    configuration: Configuration
    answering: tuple[NodeId, ...] = ()
    silent: tuple[NodeId, ...] = ()

    @property
    def quorum_lives(self) -> bool:
        """Whether the voters that answer are enough to elect and commit."""
        sets = [voters for voters in (self.configuration.voters, self.configuration.outgoing) if voters]
        return all(2 * sum(node in self.answering for node in voters) > len(voters) for voters in sets)


async def survey(data_dir: Path, peers: Mapping[NodeId, str]) -> Survivor:
    """Look into the directory of a stopped node, and whether the others answer. `peers`: addresses, as far as the log has none. It counts
    as a start of the node. Raises `StorageError` and `ConfigError`."""
    label, durable = await asyncio.to_thread(_read, data_dir)
    group = _configuration(durable, peers)
    addresses = {member.id: member.address or peers.get(member.id, "") for member in group.members}
    others = [node for node in addresses if node != label.node and addresses[node]]
    gone = await asyncio.gather(*(is_gone(parse_address(addresses[node], "a peer"), PROBE_MS) for node in others))
    answering = tuple(node for node, away in zip(others, gone, strict=True) if not away)
    last = durable.entries[-1] if durable.entries else durable.start
    snapshot = durable.snapshot
    return Survivor(
        cluster=label.cluster,
        node=label.node,
        term=getattr(durable.hard_state, "term", 0),
        last_term=max(last.term, snapshot.term if snapshot is not None else 0),
        last_index=max(last.index, snapshot.index if snapshot is not None else 0),
        commit=durable.commit,
        snapshot_index=snapshot.index if snapshot is not None else 0,
        configuration=group,
        answering=answering,
        silent=tuple(node for node in addresses if node != label.node and node not in answering),
    )


async def take_over(data_dir: Path, cluster: str, address: str, peers: Mapping[NodeId, str]) -> Survivor:
    """Make the node the only member of a new group named `cluster`, with all that its log holds; it is at `address`. Returns what was
    there. Raises `QuorumLivesError`, `ConfigError`, `StorageError`."""
    survivor = await survey(data_dir, peers)
    if survivor.quorum_lives:
        raise QuorumLivesError(
            f"nodes {', '.join(map(str, survivor.answering))} of {len(survivor.configuration.voters)} voters answer: that is a quorum, so "
            "the group can go on by itself. Start this node as it is; to take lost members out use `quorate members remove`"
        )
    if not survivor.last_index:
        raise ConfigError(
            f"{data_dir}: node {survivor.node} has no state: there is nothing to go on with; use another survivor"
        )
    if survivor.cluster == cluster and survivor.configuration.ids != (survivor.node,):
        raise ConfigError(
            f"the new group needs another name than {cluster!r}: with the same one, nodes of the old group could mix in"
        )
    await asyncio.to_thread(_write, data_dir, cluster, address)
    return survivor


def _read(data_dir: Path) -> tuple[Label, Durable]:
    disk = RealDisk(data_dir)
    try:
        label = _label(disk, data_dir)
        store = _open(disk, label)
        try:
            return label, store.durable
        finally:
            store.close()
    finally:
        disk.close()


def _write(data_dir: Path, cluster: str, address: str) -> None:
    """The name first: should this end in between, the node finds none of its old group, and it can be done again."""
    disk = RealDisk(data_dir)
    try:
        label = _label(disk, data_dir)
        store = _open(disk, label)
        try:
            relabel(disk, label, cluster)
            identity = Identity(cluster, label.node, label.disk, store.incarnation, ())
            take = _spec(label).take_over
            if take is not None:
                store.write([take(identity, store.durable, address)])
        finally:
            store.close()
    finally:
        disk.close()


def _label(disk: RealDisk, data_dir: Path) -> Label:
    label = read_label(disk, LABEL)
    if label is None:
        raise ConfigError(f"{data_dir}: no data directory of a node: there is no {LABEL}")
    return label


def _spec(label: Label) -> AlgorithmSpec:
    spec = find(label.algorithm)
    if spec.take_over is None:
        raise ConfigError(f"{label.algorithm} keeps no log that one node could go on with")
    return spec


def _open(disk: RealDisk, label: Label) -> Store:
    return Store.open(
        disk,
        cluster=label.cluster,
        node=label.node,
        algorithm=label.algorithm,
        hard_state=_spec(label).hard_state,
        disk_id=secrets.randbits(63),
    )


def _configuration(durable: Durable, peers: Mapping[NodeId, str]) -> Configuration:
    """The newest in log or snapshot; without any, what the settings say."""
    for entry in reversed(durable.entries):
        if entry.kind == EntryKind.CONFIGURATION:
            return decode_configuration(entry.data)
    if durable.snapshot is not None:
        return durable.snapshot.group
    return first_configuration(dict(peers))
