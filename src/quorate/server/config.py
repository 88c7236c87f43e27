"""The configuration of one node: a TOML file, checked as a whole before anything starts."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from quorate.algorithms import catalog
from quorate.core.errors import ConfigError
from quorate.core.ids import NodeId
from quorate.real.address import parse_address
from quorate.real.tracing import TRACE_BYTES
from quorate.runtime.options import option_names, sort_options

_CLUSTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

LogLevel = Literal["debug", "info", "warning", "error"]


class LoggingConfig(msgspec.Struct, frozen=True):
    """`level`: the least severe line that is written to standard error."""

    level: LogLevel = "info"


class HttpConfig(msgspec.Struct, frozen=True):
    """Bounds of the client-facing site.

    `request_timeout_ms`: one limit for reading, replicating, applying and answering a request; a caller may ask for less.
    `max_request_bytes`: a larger body is refused unread; base64 makes a third more of the value.
    `max_in_flight`: requests under way at once; more are refused, so that memory stays bounded.
    """

    request_timeout_ms: Annotated[int, msgspec.Meta(ge=1, le=600_000)] = 5_000
    max_request_bytes: Annotated[int, msgspec.Meta(ge=1_024, le=64 * 1024 * 1024)] = 2 * 1024 * 1024
    max_in_flight: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 4_096


class TraceConfig(msgspec.Struct, frozen=True):
    """A file that gets every step of the node, so that they can be repeated elsewhere. `file`: empty means none; absolute once loaded, a
    relative one is taken from the folder of the configuration. `max_bytes`: there the file ends, and the node goes on."""

    file: str = ""
    max_bytes: Annotated[int, msgspec.Meta(ge=64 * 1024, le=1024**4)] = TRACE_BYTES


class NodeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What one node is told. `peers` has every member, this one among them; `options` belong to the algorithm. `join`: the peer address of
    any member of a group that runs, for a node that is to be let in there; then `peers` has only this one. `learner`, `replaces`: as what,
    and instead of whom; 0: nobody.

    Addresses are `host:port`. `data_dir` is absolute once loaded: a relative one is taken from the folder of the file.
    """

    id: NodeId
    client: str
    peers: dict[NodeId, str]
    data_dir: Path
    cluster: str = "quorate"
    algorithm: str = catalog.DEFAULT
    options: dict[str, Any] = {}
    logging: LoggingConfig = LoggingConfig()
    http: HttpConfig = HttpConfig()
    trace: TraceConfig = TraceConfig()
    join: str = ""
    learner: bool = False
    replaces: NodeId = 0

    @classmethod
    def load(cls, path: Path) -> NodeConfig:
        """Read `path`. Raises `ConfigError`, which names the file, the key and the remedy."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ConfigError(f"{path}: no such file; write one (docs/configuration.md has an example)") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8 text") from error
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be read: {error.strerror}; check the path and its permissions"
            ) from error
        return cls.parse(text, source=str(path), folder=path.absolute().parent)

    @classmethod
    def parse(cls, text: str, *, source: str, folder: Path) -> NodeConfig:
        """Check `text` as a whole. `source` names it in errors; `folder` is where a relative `data_dir` starts."""
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{source}: not TOML: {error}") from error
        except RecursionError as error:
            raise ConfigError(f"{source}: not TOML: nested too deeply") from error
        try:
            return _build(raw, folder)
        except ConfigError as error:
            raise ConfigError(f"{source}: {error}") from error


class _Raw(msgspec.Struct, kw_only=True):
    """The file as it is written; the fields are its keys."""

    id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    client: str
    data_dir: str
    peers: dict[str, str]
    cluster: str = "quorate"
    algorithm: str = catalog.DEFAULT
    options: dict[str, Any] = {}
    logging: LoggingConfig = LoggingConfig()
    http: HttpConfig = HttpConfig()
    trace: TraceConfig = TraceConfig()
    join: str = ""
    learner: bool = False
    replaces: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0


def _build(raw: dict[str, Any], folder: Path) -> NodeConfig:
    _refuse_unknown_keys(raw, _Raw, "")
    for name, table in (("logging", LoggingConfig), ("http", HttpConfig), ("trace", TraceConfig)):
        if isinstance(raw.get(name), dict):
            _refuse_unknown_keys(raw[name], table, f"{name}.")
    _require_keys(raw)
    try:
        checked = msgspec.convert(raw, _Raw)
    except msgspec.ValidationError as error:
        raise ConfigError(_in_our_words(error)) from error
    if not _CLUSTER_NAME.fullmatch(checked.cluster):
        raise ConfigError(
            f'cluster: "{checked.cluster}" is not a cluster name; use up to 63 letters, digits, dots, dashes and underscores'
        )
    if not checked.data_dir or not checked.data_dir.isprintable():
        raise ConfigError(
            'data_dir: is not the name of a folder; give one a folder of this node\'s own, as in data_dir = "node-1"'
        )
    client = one_address(checked.client, "client")
    peers = _peers(checked.peers)
    _check_members(checked.id, client, peers)
    _check_options(checked.algorithm, checked.options)
    return NodeConfig(
        id=checked.id,
        client=client,
        peers=peers,
        data_dir=folder / checked.data_dir,
        cluster=checked.cluster,
        algorithm=checked.algorithm,
        options=checked.options,
        logging=checked.logging,
        http=checked.http,
        trace=_trace(checked.trace, folder),
        join=_join(checked, peers),
        learner=checked.learner,
        replaces=checked.replaces,
    )


def _trace(trace: TraceConfig, folder: Path) -> TraceConfig:
    if not trace.file:
        return trace
    if not trace.file.isprintable():
        raise ConfigError('trace.file: is not the name of a file; give one, as in file = "node-1.trace.jsonl"')
    return msgspec.structs.replace(trace, file=str(folder / trace.file))


def _refuse_unknown_keys(table: dict[str, Any], shape: type[msgspec.Struct], prefix: str) -> None:
    _refuse_unknown(table, shape.__struct_fields__, prefix)


def _refuse_unknown(table: dict[str, Any], known: Sequence[str], prefix: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{prefix}{key}: unknown key; {suggest(key, known)}")


def suggest(word: str, known: Sequence[str]) -> str:
    """A remedy for an unknown word: the nearest known one, or all of them."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


_EXAMPLES = {
    "id": "id = 1",
    "client": 'client = "127.0.0.1:7001"',
    "data_dir": 'data_dir = "node-1"',
    "peers": '[peers] with one line for each member, as in 1 = "127.0.0.1:7101"',
}


def _require_keys(raw: dict[str, Any]) -> None:
    for key, example in _EXAMPLES.items():
        if key not in raw:
            raise ConfigError(f"{key}: is missing; add {example}")


def _in_our_words(error: msgspec.ValidationError) -> str:
    """msgspec says "Expected `int`, got `str` - at `$.id`"; people look for the key first."""
    message, found, path = str(error).rpartition(" - at `$")
    if not found:
        return str(error)
    key = path.rstrip("`").lstrip(".").replace("[...]", ".*")
    return f"{key}: {message[0].lower()}{message[1:]}; docs/configuration.md has every key, its type and its bounds"


def _peers(raw: dict[str, str]) -> dict[NodeId, str]:
    peers: dict[NodeId, str] = {}
    for name, address in raw.items():
        if not (name.isascii() and name.isdigit() and len(name) <= 10 and 1 <= int(name) <= 2**31 - 1):
            raise ConfigError(f'peers.{name}: a member\'s id is a whole number from 1, as in 1 = "127.0.0.1:7101"')
        if int(name) in peers:
            raise ConfigError(f"peers.{name}: node {int(name)} is there twice; keep one line for each member")
        peers[int(name)] = one_address(address, f"peers.{name}")
    return dict(sorted(peers.items()))


def _check_options(algorithm: str, options: dict[str, Any]) -> None:
    spec = catalog.find(algorithm)
    _refuse_unknown(options, option_names(spec), "options.")
    sort_options(spec, options)


def _join(checked: _Raw, peers: dict[NodeId, str]) -> str:
    """The address through which the node is to be let in; empty: it is to be in a group from its beginning."""
    if not checked.join:
        for name, given in (("learner", checked.learner), ("replaces", checked.replaces)):
            if given:
                raise ConfigError(
                    f"{name}: is only for a node that joins a group; add join = with the peer address of a member, or leave {name} out"
                )
        return ""
    join = one_address(checked.join, "join")
    if "membership" not in catalog.find(checked.algorithm).features:
        raise ConfigError(
            f"join: a group that runs {checked.algorithm} has the members that it began with; list them all under [peers] instead"
        )
    if len(peers) > 1:
        raise ConfigError(
            f"peers: a node that joins learns there who belongs to the group; keep its own line, {checked.id} = "
            f'"{peers[checked.id]}", and take out the others'
        )
    if join == peers[checked.id]:
        raise ConfigError("join: is this node's own address; give the peer address of a member of the group that runs")
    if checked.replaces == checked.id:
        raise ConfigError(
            f"replaces: is this node itself; give it an id that was never used, and let replaces = {checked.id} stay"
        )
    if checked.replaces and checked.learner:
        raise ConfigError(
            "learner: a learner does not vote, so it cannot take the place of a member; leave learner or replaces out"
        )
    return join


def one_address(text: str, what: str) -> str:
    """The one spelling of an address. A host name has at most 253 characters; a port chosen by the system could not be told to anybody."""
    if len(text) > 300 or not text.isprintable() or any(character in text for character in ' "/@'):
        raise ConfigError(f"{what} is {text[:40]!r}: write host:port, as in 127.0.0.1:7001")
    address = parse_address(text, what)
    if address.port == 0:
        raise ConfigError(f"{what} is {text!r}: take a port from 1 to 65535")
    return str(address)


def _check_members(node: NodeId, client: str, peers: dict[NodeId, str]) -> None:
    if node not in peers:
        members = ", ".join(map(str, peers)) or "none"
        raise ConfigError(
            f'peers: node {node} is not among its members ({members}); add {node} = "host:port" under [peers]'
        )
    taken: dict[str, NodeId] = {}
    for member, address in peers.items():
        if address in taken:
            raise ConfigError(
                f"peers.{member}: {address} is also node {taken[address]}'s; each member needs an address of its own"
            )
        taken[address] = member
    if client in taken:
        raise ConfigError(
            f"client: {client} is the peer address of node {taken[client]}; clients and peers need different ports"
        )
