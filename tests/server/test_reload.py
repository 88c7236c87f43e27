"""A node's file read again while the node runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from quorate.core.errors import ConfigError, StoppedError
from quorate.machines.kv import KeyValueMachine
from quorate.real.node import Node
from quorate.server.reload import ConfigFile

FILE = """\
id = 1
client = "127.0.0.1:7001"
data_dir = "data"
[peers]
1 = "127.0.0.1:7101"
"""


class Listening:
    """A node that takes what it is told, or not."""

    def __init__(self) -> None:
        self.options: Mapping[str, Any] | None = None
        self.refusal: Exception | None = None

    def reload(self, options: Mapping[str, Any]) -> dict[str, Any]:
        if self.refusal is not None:
            raise self.refusal
        self.options = options
        return dict(options)


@pytest.fixture(autouse=True)
def root_level() -> Iterator[None]:
    """The level of the log is the whole process's."""
    before = logging.getLogger().level
    yield
    logging.getLogger().setLevel(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(FILE)
    return path


def as_node(node: Listening) -> Node[KeyValueMachine]:
    return cast("Node[KeyValueMachine]", node)


def test_s_c10_options_and_the_logging_level_are_taken(path: Path) -> None:
    file, node = ConfigFile(path), Listening()
    path.write_text(FILE + '[options]\nheartbeat_ms = 20\n[logging]\nlevel = "error"\n')
    file.reload(as_node(node))
    assert node.options == {"heartbeat_ms": 20}
    assert logging.getLogger().level == logging.ERROR
    assert file.config.logging.level == "error"
    path.write_text(FILE)
    file.reload(as_node(node))
    assert (node.options, logging.getLogger().level) == ({}, logging.INFO)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FILE.replace("7001", "7002"), "client: cannot change while the node runs, so nothing was changed"),
        (FILE.replace("7101", "7102") + "[http]\nmax_in_flight = 5\n", "peers, http: cannot change"),
        (FILE + "[options]\nheartbeat_ms = 400\n", "at least 5 x heartbeat_ms"),
        (FILE + "[option]\n", "option: "),
        ("id = ", "not TOML"),
    ],
)
def test_s_c10_a_file_that_is_wrong_or_changes_more_is_refused_whole(path: Path, text: str, words: str) -> None:
    file, node = ConfigFile(path), Listening()
    before = file.config
    path.write_text(text + ('[logging]\nlevel = "error"\n' if "id = 1" in text else ""))
    level = logging.getLogger().level
    with pytest.raises(ConfigError, match=words) as caught:
        file.reload(as_node(node))
    assert str(caught.value).startswith(f"{path}: ")
    assert (node.options, file.config, logging.getLogger().level) == (None, before, level)


def test_s_c10_what_the_node_refuses_changes_nothing_and_is_logged(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, node = ConfigFile(path), Listening()
    before = file.config
    path.write_text(FILE + '[options]\nheartbeat_ms = 20\n[logging]\nlevel = "debug"\n')
    for refusal in (ConfigError("lease_reads: cannot change"), StoppedError("node 1 is stopping")):
        node.refusal = refusal
        file.reload_or_say_why_not(as_node(node))
        assert f"the settings stay as they were: {path}: " in caplog.text or str(refusal) in caplog.text
        assert file.config == before
    node.refusal = None
    with caplog.at_level(logging.INFO):
        file.reload_or_say_why_not(as_node(node))
        assert "again: its settings hold" in caplog.text
    assert node.options == {"heartbeat_ms": 20}
