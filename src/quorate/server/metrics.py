"""Prometheus metrics of one node. Each node has a registry of its own, so that many can live in one process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from quorate.core.consistency import Level
from quorate.core.ids import SECOND, NodeId, Term
from quorate.real.leadership import LeadershipChange
from quorate.real.status import NodeStatus
from quorate.runtime.counters import Counters
from quorate.server.serving import ServedNode

_LATENCY_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""From one local sync to the default request timeout."""


class Metrics:
    """What is counted while serving, and the node's status at the moment of a scrape."""

    def __init__(self, node: ServedNode) -> None:
        self.registry = CollectorRegistry()
        proposals = Counter("quorate_proposals", "Writes by what became of them.", ["outcome"], registry=self.registry)
        reads = Counter(
            "quorate_reads", "Reads by kind and by what became of them.", ["mode", "outcome"], registry=self.registry
        )
        self._requests = Histogram(
            "quorate_request_seconds",
            "Time from a request's arrival to its answer.",
            ["route"],
            registry=self.registry,
            buckets=_LATENCY_BUCKETS_S,
        )
        self._responses = Counter(
            "quorate_responses", "Answers by route and status code.", ["route", "status"], registry=self.registry
        )
        self._leader_changes = Counter(
            "quorate_leader_changes", "New leaders this node has seen since it started.", registry=self.registry
        )
        self.in_flight = Gauge("quorate_requests_in_flight", "Requests under way.", registry=self.registry)
        self._leader: tuple[NodeId, Term] | None = None
        # Looking a series up by its labels takes a lock and some microseconds; there are few, so each is looked up once.
        self._by_outcome = {name: proposals.labels(name) for name in ("applied", "refused", "rejected", "unknown")}
        self._by_read = {
            (level, outcome): reads.labels(level, outcome)
            for level in get_args(Level)
            for outcome in ("served", "fell_back", "failed")
        }
        self._by_route: dict[tuple[str, int], tuple[Histogram, Counter]] = {}
        self.registry.register(NodeCollector(node))

    def wrote(self, outcome: str) -> None:
        """A write ended: applied, refused by the machine, rejected before it was in the log, or unknown."""
        self._by_outcome[outcome].inc()

    def was_read(self, level: Level, outcome: str) -> None:
        """A read of that level ended: served, served by a stronger level that costs more (fell_back), or failed."""
        self._by_read[level, outcome].inc()

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request got its answer."""
        series = self._by_route.get((route, status))
        if series is None:
            series = self._by_route[route, status] = (
                self._requests.labels(route),
                self._responses.labels(route, str(status)),
            )
        series[0].observe(seconds)
        series[1].inc()

    def leadership_changed(self, change: LeadershipChange) -> None:
        """Count each leader of each term once; losing one and becoming ready are not new leaders."""
        if change.leader is None or (change.leader, change.term) == self._leader:
            return
        self._leader = (change.leader, change.term)
        self._leader_changes.inc()

    def exposition(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)


class NodeCollector:
    """Asks the node for its status and counters, afresh at each scrape."""

    def __init__(self, node: ServedNode) -> None:
        self._node = node

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: registering must not need a running node."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Gauges and counters."""
        status = self._node.status()
        yield InfoMetricFamily(
            "quorate_node",
            "Who this node is.",
            value={
                "cluster": status.cluster,
                "id": str(status.id),
                "algorithm": status.algorithm,
                "version": status.version,
            },
        )
        for name, help_text, value in _gauges(status):
            yield GaugeMetricFamily(f"quorate_{name}", help_text, value=value)
        role = GaugeMetricFamily("quorate_role", "1 for the role this node has now.", labels=["role"])
        role.add_metric([status.role], 1)
        yield role
        yield from _peers(status)
        for name, help_text, value in _counts(self._node.counters):
            yield CounterMetricFamily(f"quorate_{name}", help_text, value=value)


def _gauges(status: NodeStatus) -> Iterable[tuple[str, str, float]]:
    yield "term", "The newest term this node knows.", status.term
    yield "leader", "Id of the leader this node knows; 0 without one.", status.leader or 0
    yield "is_ready_leader", "1 while this node leads and has applied everything before its term.", status.ready
    yield "failed", "1 once this node has failed and serves no more.", status.failed is not None
    yield "disk_hung", "1 while a write to this node's disk has not finished for too long.", status.disk == "hung"
    yield "disk_full", "1 while this node takes nothing new because its disk is full.", status.disk == "full"
    yield "commit_index", "Last log index known to be committed.", status.commit
    yield "applied_index", "Last log index applied to the state machine.", status.applied
    yield "last_index", "Last index in this node's log.", status.last_index
    yield "snapshot_index", "Last log index covered by a snapshot.", status.snapshot_index
    yield "log_bytes", "Size of the log on disk, in bytes.", status.log_bytes
    yield "uptime_seconds", "Time since this node started.", status.uptime_s


def _counts(counters: Counters) -> Iterable[tuple[str, str, float]]:
    yield "log_writes", "Writes to the log, each made durable by one sync.", counters.writes
    yield "log_persists", "Requests to make something durable; one write carries all that wait.", counters.persists
    yield "entries_applied", "Log entries applied to the state machine.", counters.entries_applied
    yield "steps", "Events the algorithm has handled.", counters.steps


def _peers(status: NodeStatus) -> Iterable[Metric]:
    """Only a leader knows its peers."""
    match = GaugeMetricFamily("quorate_peer_match_index", "Last index the peer is known to hold.", labels=["peer"])
    contact = GaugeMetricFamily(
        "quorate_peer_contact_age_seconds", "Time since the peer last answered this leader.", labels=["peer"]
    )
    for peer, seen in status.peers.items():
        match.add_metric([str(peer)], seen.match)
        if seen.contact_age_ns is not None:
            contact.add_metric([str(peer)], seen.contact_age_ns / SECOND)
    yield match
    yield contact
