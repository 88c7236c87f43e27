"""Findings: what a node can say, at any moment and without asking anybody, about what people ask when something does not go on."""

from typing import Literal, TypeAlias

import msgspec

from quorate.core.ids import Nanos, NodeId

Question: TypeAlias = Literal["leader", "commit", "vote", "slow"]
"""leader: who leads, or why nobody does. commit: why a proposal is not decided. vote: why this node does not vote or campaign.
slow: who is slow."""

QUESTIONS: tuple[Question, ...] = ("leader", "commit", "vote", "slow")


class Finding(msgspec.Struct, frozen=True):
    """One answer to one question. `code`: a short name, for programs; docs/troubleshooting.md has them all. `text`: a sentence
    for people. `node`: the node that it is about, if it is one."""

    question: Question
    code: str
    text: str
    node: NodeId | None = None


class Explained(msgspec.Struct, frozen=True):
    """An `Explain` of a while ago: `at`, by the node's own clock."""

    at: Nanos
    reason: str
    fields: dict[str, int | str | None] = {}


class Recently(msgspec.Struct, frozen=True):
    """The same for people: `age_ns` ago."""

    age_ns: Nanos
    reason: str
    fields: dict[str, int | str | None] = {}


class Why(msgspec.Struct, frozen=True):
    """All that a node can say of itself: `findings` in the order of the questions, `recent` oldest first."""

    findings: list[Finding]
    recent: list[Recently] = []
