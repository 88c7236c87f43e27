"""A cluster's ports and files, and folders that hold something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.cli.plan import MAX_BASE_PORT, MAX_NODES, ClusterPlan
from quorate.core.errors import ConfigError
from quorate.server.config import NodeConfig


def test_ports_follow_the_node() -> None:
    plan = ClusterPlan(Path("d"), 3, "raft", 7000)
    assert plan.endpoints == ["http://127.0.0.1:7001", "http://127.0.0.1:7002", "http://127.0.0.1:7003"]
    assert plan.peer(2) == "127.0.0.1:7102"
    assert plan.ports == [7001, 7002, 7003, 7101, 7102, 7103]
    largest = ClusterPlan(Path("d"), MAX_NODES, "raft", MAX_BASE_PORT)
    assert len(set(largest.ports)) == 2 * MAX_NODES
    assert max(largest.ports) <= 65535


@pytest.mark.parametrize("nodes", [0, -1, MAX_NODES + 1])
def test_a_number_of_nodes_that_cannot_be_is_refused(nodes: int) -> None:
    with pytest.raises(ConfigError, match="--nodes"):
        ClusterPlan(Path("d"), nodes, "raft", 7000)


@pytest.mark.parametrize("base_port", [0, -5, MAX_BASE_PORT + 1, 10**9])
def test_a_base_port_that_cannot_be_is_refused(base_port: int) -> None:
    with pytest.raises(ConfigError, match="--base-port"):
        ClusterPlan(Path("d"), 3, "raft", base_port)


def test_the_files_are_what_a_node_takes(tmp_path: Path) -> None:
    plan = ClusterPlan(tmp_path / "a b" / "é", 3, "raft", 7000, {"heartbeat_ms": 20, "fast_failover": False})
    plan.prepare()
    for node in plan.ids:
        config = NodeConfig.load(plan.config_file(node))
        assert (config.id, config.client, list(config.peers)) == (node, f"127.0.0.1:{7000 + node}", [1, 2, 3])
        assert config.data_dir == plan.directory / f"node-{node}"
        assert config.options == {"heartbeat_ms": 20, "fast_failover": False}


def test_the_same_cluster_may_move_to_other_ports(tmp_path: Path) -> None:
    ClusterPlan(tmp_path, 3, "raft", 7000).prepare()
    (tmp_path / "node-1").mkdir()
    ClusterPlan(tmp_path, 3, "raft", 8000).prepare()
    assert NodeConfig.load(tmp_path / "node-1.toml").client == "127.0.0.1:8001"


@pytest.mark.parametrize("nodes", [1, 5])
def test_another_size_than_the_data_is_refused(tmp_path: Path, nodes: int) -> None:
    ClusterPlan(tmp_path, 3, "raft", 7000).prepare()
    for node in (1, 2):  # node 3 has never started
        (tmp_path / f"node-{node}").mkdir()
    with pytest.raises(ConfigError, match=f"a cluster of 3 nodes, not {nodes}; say --nodes 3"):
        ClusterPlan(tmp_path, nodes, "raft", 7000).prepare()
    assert len(NodeConfig.load(tmp_path / "node-1.toml").peers) == 3


def test_another_algorithm_than_the_datas_is_refused(tmp_path: Path) -> None:
    ClusterPlan(tmp_path, 3, "raft", 7000).prepare()
    (tmp_path / "node-1").mkdir()
    with pytest.raises(ConfigError, match="runs raft, not zab; say --algorithm raft"):
        ClusterPlan(tmp_path, 3, "zab", 7000).prepare()


def test_without_data_any_plan_may_begin_anew(tmp_path: Path) -> None:
    ClusterPlan(tmp_path, 3, "raft", 7000).prepare()
    ClusterPlan(tmp_path, 5, "raft", 7000).prepare()
    assert len(NodeConfig.load(tmp_path / "node-5.toml").peers) == 5


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ConfigError, match=r"holds thesis\.tex and no cluster"):
        ClusterPlan(tmp_path, 3, "raft", 7000).prepare()
    with pytest.raises(ConfigError, match="is a file"):
        ClusterPlan(tmp_path / "thesis.tex", 3, "raft", 7000).prepare()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("algorithm", "options", "complaint"),
    [
        ("rafft", {}, "did you mean 'raft'"),
        ("raft", {"hartbeat_ms": 5}, "did you mean 'heartbeat_ms'"),
        ("raft", {"heartbeat_ms": 400}, "at least 5 x heartbeat_ms"),
        ("raft", {"heartbeat_ms": "x"}, "heartbeat_ms"),
        ('"\n[x]', {}, "there is no algorithm"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_is_written(
    tmp_path: Path, algorithm: str, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ClusterPlan(tmp_path / "d", 3, algorithm, 7000, options).prepare()
    assert not (tmp_path / "d").exists()
