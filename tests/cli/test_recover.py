"""`quorate recover`, as it is typed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from quorate import KeyValueMachine, Node
from quorate.cli.main import front_door
from quorate.machines.kv.commands import Put, encode_command
from real.processes import free_ports


def lost(tmp_path: Path) -> Path:
    """The configuration of a node whose two companions are lost: it has one write in its log."""
    first, client, second, third = free_ports(4)
    config = tmp_path / "node.toml"
    peers = {1: f"127.0.0.1:{first}"}

    async def write() -> None:
        async with Node(id=1, peers=peers, data_dir=tmp_path / "data", machine=KeyValueMachine()) as node:
            await node.apply(encode_command(Put(b"key", b"value")), 60)

    asyncio.run(write())
    config.write_text(
        f'id = 1\nclient = "127.0.0.1:{client}"\ndata_dir = "data"\n[peers]\n'
        f'1 = "127.0.0.1:{first}"\n2 = "127.0.0.1:{second}"\n3 = "127.0.0.1:{third}"\n'
    )
    return config


def test_it_looks_first_and_says_what_comes_next(tmp_path: Path) -> None:
    config = lost(tmp_path)
    result = CliRunner().invoke(front_door("recover"), ["recover", "-c", str(config)])
    assert result.exit_code == 0, result.output
    for words in (
        "last term, last index",
        "(1, 2)",
        "silent                  2, 3",
        "every other survivor",
        "--new-cluster NAME",
    ):
        assert words in result.output


def test_it_asks_before_it_does_anything(tmp_path: Path) -> None:
    config = lost(tmp_path)
    declined = CliRunner().invoke(
        front_door("recover"), ["recover", "-c", str(config), "--new-cluster", "phoenix"], input="n\n"
    )
    assert declined.exit_code == 1
    assert "cannot be undone" in declined.output
    assert json.loads((tmp_path / "data" / "quorate.json").read_text())["cluster"] == "quorate"


def test_with_yes_it_is_done_and_says_how_to_go_on(tmp_path: Path) -> None:
    config = lost(tmp_path)
    done = CliRunner().invoke(
        front_door("recover"), ["recover", "-c", str(config), "--new-cluster", "phoenix", "--yes"]
    )
    assert done.exit_code == 0, done.output
    assert 'cluster = "phoenix"' in done.output
    assert json.loads((tmp_path / "data" / "quorate.json").read_text())["cluster"] == "phoenix"
    told = CliRunner().invoke(front_door("recover"), ["recover", "-c", str(config), "--json"])
    assert json.loads(told.output)["survivor"]["configuration"][2] == [1]
