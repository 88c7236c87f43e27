"""What a node can say in every state of its life."""

from __future__ import annotations

from pathlib import Path

from machines.builders import Journal
from quorate.core.errors import DiskFailedError
from quorate.core.finding import QUESTIONS, Finding, Why
from quorate.real.node import Node
from quorate.real.why import NodeWhy, why_of_node
from real.processes import free_ports


def test_a_running_node_says_what_its_driver_says() -> None:
    finding = Finding("slow", "nobody", "all nodes keep up")
    assert why_of_node(1, "leader", Why([finding]), None) == NodeWhy(1, "leader", [finding], [])


def test_a_failed_node_answers_every_question_with_its_failure() -> None:
    said = why_of_node(1, "failed", None, DiskFailedError("no space"))
    assert tuple(finding.question for finding in said.findings) == QUESTIONS
    assert {finding.code for finding in said.findings} == {"failed"}
    assert "failed and takes part in nothing: no space; remove the cause" in said.findings[0].text


def test_a_node_that_does_not_run_says_so() -> None:
    assert {finding.code for finding in why_of_node(1, "stopped", None, None).findings} == {"stopped"}


async def test_before_while_and_after(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    node = Node(id=1, peers={1: address}, data_dir=tmp_path, machine=Journal())
    assert node.why().findings[0].code == "stopped"
    async with node:
        await node.wait_for_leader(20)
        await node.read(lambda _machine: None, timeout=20)
        assert [finding.code for finding in node.why().findings] == ["leads", "all_committed", "leads", "nobody"]
        assert "leader_elected" in [one.reason for one in node.why().recent]
    assert node.why().findings[0].code == "stopped"
