"""What a node can say, in every state of its life, to those who ask why something does not go on."""

import msgspec

from quorate.core.finding import QUESTIONS, Finding, Recently, Why
from quorate.core.ids import NodeId


class NodeWhy(msgspec.Struct, frozen=True):
    """`role` as in the status. `findings` answer the questions of `quorate.core.finding`, in words; `recent`: what was explained
    lately, oldest first."""

    id: NodeId
    role: str
    findings: list[Finding]
    recent: list[Recently]


def why_of_node(node: NodeId, role: str, running: Why | None, failure: BaseException | None) -> NodeWhy:
    """`running`: what its driver says; None: it does not run, because of `failure`, or because it was not started or is stopped."""
    if failure is not None:
        text = f"this node has failed and takes part in nothing: {failure}; remove the cause, then start it again"
        return _silent(node, role, "failed", text)
    if running is None:
        return _silent(
            node, role, "stopped", "this node is not started, or stopped, and takes part in nothing: start it"
        )
    return NodeWhy(node, role, running.findings, running.recent)


def _silent(node: NodeId, role: str, code: str, text: str) -> NodeWhy:
    return NodeWhy(node, role, [Finding(question, code, text, node) for question in QUESTIONS], [])
