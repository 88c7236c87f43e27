"""An algorithm for tests that only elects: whoever is the biggest of those heard lately leads, and takes over when it comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

import msgspec

from quorate.algorithms import catalog
from quorate.core.algorithm import AlgorithmSpec, Inspection, Status
from quorate.core.consistency import Standing
from quorate.core.durable import Durable, HardState, Identity
from quorate.core.effects import Effect, LeaderChanged, Send
from quorate.core.events import Event, Received
from quorate.core.finding import Explained, Finding
from quorate.core.ids import MILLISECOND, Index, Nanos, NodeId, Term
from quorate.core.message import Message


class Beat(Message, frozen=True):
    """I am here; `reign` is of the leader that I know."""

    reign: Term


class BiggestState(HardState, frozen=True):
    """Nothing is kept."""


class BiggestConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    failure_timeout_ms: int = 2000
    heartbeat_ms: int = 200


class Biggest:
    def __init__(self, identity: Identity, config: BiggestConfig, durable: Durable, random: Random) -> None:
        self.me = identity.node
        self.peers = [node for node in identity.members if node != self.me]
        self.config = config
        self.heard: dict[NodeId, Nanos] = {}
        self.leader: NodeId | None = None
        self.reign: Term = 0
        self.beat_at: Nanos = 0
        self.began: Nanos = 0

    def start(self, now: Nanos) -> list[Effect]:
        self.began = self.beat_at = now
        return []

    def step(self, event: Event, now: Nanos) -> list[Effect]:
        out: list[Effect] = []
        if isinstance(event, Received) and isinstance(event.message, Beat):
            self.heard[event.sender] = now
            self.reign = max(self.reign, event.message.reign)
        if now >= self.beat_at:
            self.beat_at = now + self.config.heartbeat_ms * MILLISECOND
            out += [Send(peer, Beat(self.reign)) for peer in self.peers]
        lately = now - self.config.failure_timeout_ms * MILLISECOND
        biggest = max([self.me, *(node for node, at in self.heard.items() if at > lately)])
        waited = biggest != self.me or self.began <= lately
        if biggest != self.leader and waited:
            self.leader = biggest
            self.reign += biggest == self.me
            out.append(LeaderChanged(biggest, self.reign))
        return out

    def deadline(self) -> Nanos | None:
        return self.beat_at

    def status(self, now: Nanos) -> Status:
        leads = self.leader == self.me
        return Status("biggest", self.me, "leader" if leads else "follower", self.reign, self.leader, leads)

    def why(self, now: int, recent: Sequence[Explained]) -> list[Finding]:
        return [Finding("leader", "scripted", f"{len(recent)} explained by {now}")]

    def standing(self, _applied: Index, _now: Nanos) -> Standing:
        return Standing()

    def inspect(self) -> Inspection:
        return Inspection(self.me, "", self.reign, None, self.leader, 0, 0, 0, 0, 0, 0, ())

    def check(self) -> None: ...


def spec(name: str = "biggest") -> AlgorithmSpec:
    return AlgorithmSpec(
        name=name, messages=Beat, hard_state=BiggestState, config=BiggestConfig, build=_build, keeps_log=False
    )


def _build(identity: Identity, config: Any, durable: Durable, random: Random) -> Biggest:
    return Biggest(identity, config, durable, random)


@contextmanager
def in_catalog(name: str = "biggest") -> Iterator[str]:
    """Let the catalog know it under `name`."""
    catalog._LOADERS[name] = partial(spec, name)
    try:
        yield name
    finally:
        del catalog._LOADERS[name]
