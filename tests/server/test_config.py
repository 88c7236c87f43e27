"""The node's file: what is read, and that every mistake is named with its file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from quorate.core.errors import ConfigError
from quorate.server.config import HttpConfig, NodeConfig, suggest

EXAMPLE = Path(__file__).parents[2] / "examples" / "node.toml"
LEAST = """\
id = 2
client = "[::1]:7002"
data_dir = "d"
[peers]
2 = "two.example:7102"
1 = "127.0.0.1:07101"
"""


def parse(text: str) -> NodeConfig:
    return NodeConfig.parse(text, source="node.toml", folder=Path("/etc/quorate"))


def test_the_example_is_right() -> None:
    config = NodeConfig.load(EXAMPLE)
    assert (config.id, config.cluster, config.algorithm, config.client) == (1, "quorate", "raft", "127.0.0.1:7001")
    assert config.peers == {1: "127.0.0.1:7101", 2: "127.0.0.1:7102", 3: "127.0.0.1:7103"}
    assert config.http == HttpConfig()
    assert config.data_dir == EXAMPLE.parent / "data" / "node-1"


def test_the_least_file_has_defaults_for_the_rest() -> None:
    config = parse(LEAST)
    assert (config.cluster, config.algorithm, config.options, config.logging.level) == ("quorate", "raft", {}, "info")
    assert config.client == "[::1]:7002"
    assert list(config.peers.items()) == [(1, "127.0.0.1:7101"), (2, "two.example:7102")]


@pytest.mark.parametrize(("written", "meant"), [("d", "/etc/quorate/d"), ("/var/d", "/var/d")])
def test_a_relative_data_dir_starts_at_the_folder_of_the_file(written: str, meant: str) -> None:
    assert parse(LEAST.replace('"d"', f'"{written}"')).data_dir == Path(meant)


@pytest.mark.parametrize(("written", "meant"), [("t", "/etc/quorate/t"), ("/var/t", "/var/t"), ("", "")])
def test_a_relative_trace_starts_at_the_folder_of_the_file(written: str, meant: str) -> None:
    trace = parse(f'{LEAST}[trace]\nfile = "{written}"\nmax_bytes = 70000\n').trace
    assert (trace.file, trace.max_bytes) == (meant, 70_000)
    assert parse(LEAST).trace.file == ""


def test_options_go_to_the_algorithm_and_the_driver() -> None:
    config = parse(LEAST + "[options]\nheartbeat_ms = 20\nsnapshot_entries = 5\n")
    assert config.options == {"heartbeat_ms": 20, "snapshot_entries": 5}


JOINING = """\
id = 4
client = "127.0.0.1:7004"
data_dir = "d"
join = "127.0.0.1:07101"
[peers]
4 = "127.0.0.1:7104"
"""


def test_a_node_that_joins_names_a_member_and_itself() -> None:
    config = parse(JOINING)
    assert (config.join, config.learner, config.replaces) == ("127.0.0.1:7101", False, 0)
    assert parse(JOINING.replace("[peers]", "replaces = 3\n[peers]")).replaces == 3
    assert parse(JOINING.replace("[peers]", "learner = true\n[peers]")).learner
    assert parse(LEAST).join == ""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('join = "127.0.0.1:07101"', "learner = true", "learner: is only for a node that joins a group; add join ="),
        ('join = "127.0.0.1:07101"', "replaces = 3", "replaces: is only for a node that joins a group"),
        ('"127.0.0.1:07101"', '"seed"', "join is 'seed': write host:port"),
        ('"127.0.0.1:07101"', '"127.0.0.1:7104"', "join: is this node's own address"),
        (
            "[peers]",
            '[peers]\n1 = "127.0.0.1:7101"',
            "peers: a node that joins learns there who belongs to the group; keep its own line, 4 =",
        ),
        ("[peers]", "replaces = 4\n[peers]", "replaces: is this node itself; give it an id that was never used"),
        ("[peers]", "replaces = -1\n[peers]", "replaces: expected `int` >= 0"),
        ("[peers]", "replaces = 3\nlearner = true\n[peers]", "learner: a learner does not vote"),
        ("id = 4", "id = 5", "node 5 is not among its members (4)"),
    ],
)
def test_a_mistake_about_joining_is_named_with_its_remedy(old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(JOINING.replace(old, new, 1))
    assert complaint in str(refused.value)


MISTAKES = [
    ("", "", "id: is missing; add id = 1"),
    ("id = 2", "", "id: is missing"),
    ('client = "[::1]:7002"', "", "client: is missing"),
    ('data_dir = "d"', "", "data_dir: is missing"),
    ("[peers]", "[peer]", "peer: unknown key; did you mean peers?"),
    ("id = 2", "ids = 2", "ids: unknown key; did you mean id?"),
    ("id = 2", 'id = "2"', "id: expected `int`, got `str`"),
    ("id = 2", "id = 0", "id: expected `int` >= 1"),
    ("id = 2", "id = 3", "node 3 is not among its members (1, 2); add 3 ="),
    ("id = 2", "id = 2\nid = 2", "not TOML"),
    ("id = 2", 'id = 2\ncluster = "a b"', "is not a cluster name"),
    ("id = 2", 'id = 2\ncluster = ""', "is not a cluster name"),
    ("id = 2", 'id = 2\nalgorithm = "rafft"', "there is no algorithm 'rafft'; did you mean 'raft'?"),
    ("id = 2", "id = 2\noptions = 5", "options: expected `object`"),
    ("id = 2", "id = 2\nhttp = 5", "http: expected `object`"),
    ('"d"', '""', "data_dir: is not the name of a folder"),
    ('"d"', '"\\u0000"', "data_dir: is not the name of a folder"),
    ('"d"', "[]", "data_dir: expected `str`"),
    ('"[::1]:7002"', '"127.0.0.1"', "client is '127.0.0.1': write host:port"),
    ('"[::1]:7002"', '"127.0.0.1:0"', "take a port from 1 to 65535"),
    ('"[::1]:7002"', '"127.0.0.1:65536"', "from 1 to 65535"),
    ('"[::1]:7002"', '"::1:7002"', "in brackets"),
    ('"[::1]:7002"', '":7002"', "write host:port"),
    ('"[::1]:7002"', '"http://127.0.0.1:7002"', "write host:port"),
    ('"[::1]:7002"', f'"h:{"9" * 5000}"', "write host:port"),
    ('"[::1]:7002"', '"127.0.0.1:7101"', "client: 127.0.0.1:7101 is the peer address of node 1"),
    ('"two.example:7102"', '"127.0.0.1:7101"', "127.0.0.1:7101 is also node 1's"),
    ('"two.example:7102"', "5", "peers.*: expected `str`, got `int`"),
    ('1 = "', '02 = "', "peers.02: node 2 is there twice"),
    ('1 = "', 'x = "', "peers.x: a member's id is a whole number from 1"),
    ('1 = "', '0 = "', "peers.0: a member's id"),
    ('1 = "', '"\\u0661" = "', "a member's id"),
    ('1 = "', f'{"9" * 5000} = "', "a member's id"),
]


@pytest.mark.parametrize(("old", "new", "complaint"), MISTAKES, ids=[mistake[2][:50] for mistake in MISTAKES])
def test_a_mistake_is_named_with_its_remedy(old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(LEAST.replace(old, new, 1) if old else new)
    assert str(refused.value).startswith("node.toml: ")
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("[options]\nhartbeat_ms = 5", "options.hartbeat_ms: unknown key; did you mean heartbeat_ms?"),
        ("[options]\nheartbeat_ms = 400", "at least 5 x heartbeat_ms"),
        ('[options]\nheartbeat_ms = "x"', "heartbeat_ms"),
        ('[logging]\nlevel = "loud"', "logging.level: invalid enum value 'loud'"),
        ("[logging]\nlevels = 1", "logging.levels: unknown key; did you mean level?"),
        ("[http]\nmax_in_flight = 0", "http.max_in_flight: expected `int` >= 1"),
        ("[http]\nmax_request_bytes = 1", "http.max_request_bytes"),
        ("[http]\nrequest_timeout = 1", "http.request_timeout: unknown key; did you mean request_timeout_ms?"),
        ("[trace]\nfile = 5", "trace.file: expected `str`"),
        ('[trace]\nfile = "a\\u0007"', "trace.file: is not the name of a file"),
        ("[trace]\nmax_bytes = 1", "trace.max_bytes: expected `int` >= 65536"),
        ("[trace]\nmax_byte = 1", "trace.max_byte: unknown key; did you mean max_bytes?"),
        ("[zoo]\nx = 1", "zoo: unknown key; known here: id, client"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_path(table: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(f"{LEAST}\n{table}\n")
    assert complaint in str(refused.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        NodeConfig.load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        NodeConfig.load(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"id = 1\n\xff\xfe")
    with pytest.raises(ConfigError, match="byte 7 is not UTF-8"):
        NodeConfig.load(binary)


def test_nesting_without_end_is_an_error_like_any_other() -> None:
    with pytest.raises(ConfigError, match="not TOML"):
        parse("x = " + "[" * 100_000)


def complaint_about(text: str) -> str:
    """What is wrong with a file; nothing, if it is right."""
    try:
        parse(text)
    except ConfigError as refused:
        return str(refused)
    return ""


@given(some.text(max_size=200))
def test_any_text_gives_a_config_or_a_config_error(text: str) -> None:
    for whole in (text, LEAST + text, LEAST.replace("two.example:7102", text)):
        complaint = complaint_about(whole)
        assert not complaint or complaint.startswith("node.toml: ")


def test_a_word_far_from_all_is_answered_with_all() -> None:
    assert suggest("xyz", ["id", "peers"]) == "known here: id, peers"
