"""A cluster on this machine: its ports, folders and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from quorate.algorithms import catalog
from quorate.core.errors import ConfigError
from quorate.core.ids import NodeId
from quorate.runtime.options import sort_options
from quorate.server.config import NodeConfig

HOST = "127.0.0.1"
PEER_OFFSET = 100
MAX_NODES = PEER_OFFSET - 1
"""One more, and its client port would be the first one's peer port."""

MAX_BASE_PORT = 65535 - PEER_OFFSET - MAX_NODES
CLUSTER = "quorate"

_FILE = """\
# Node {node} of a cluster on this machine. Written by `quorate up`, anew at each start.
# `quorate node --config {name}` runs this node alone.

cluster = "{cluster}"
id = {node}
algorithm = "{algorithm}"
data_dir = "node-{node}"
client = "{client}"

[peers]
{peers}

[options]
{options}
"""


class ClusterPlan(msgspec.Struct, frozen=True):
    """Node i serves clients on base_port + i and peers on base_port + 100 + i; its files begin with `node-i`."""

    directory: Path
    nodes: int
    algorithm: str
    base_port: int
    options: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if not 1 <= self.nodes <= MAX_NODES:
            raise ConfigError(f"--nodes {self.nodes} is not from 1 to {MAX_NODES}; 3 survives one dead node, 5 two")
        if not 1 <= self.base_port <= MAX_BASE_PORT:
            raise ConfigError(f"--base-port {self.base_port} is not from 1 to {MAX_BASE_PORT}; try 7000")

    @property
    def ids(self) -> range:
        """The nodes."""
        return range(1, self.nodes + 1)

    @property
    def ports(self) -> list[int]:
        """Every port the cluster listens on."""
        return [self.base_port + offset + node for offset in (0, PEER_OFFSET) for node in self.ids]

    @property
    def endpoints(self) -> list[str]:
        """Where clients are served, by node."""
        return [self.endpoint(node) for node in self.ids]

    def endpoint(self, node: NodeId) -> str:
        """Where this node serves clients."""
        return f"http://{HOST}:{self.base_port + node}"

    def peer(self, node: NodeId) -> str:
        """Where this node listens to its peers."""
        return f"{HOST}:{self.base_port + PEER_OFFSET + node}"

    def config_file(self, node: NodeId) -> Path:
        """What `quorate node --config` takes."""
        return self.directory / f"node-{node}.toml"

    def log_file(self, node: NodeId) -> Path:
        """What the node writes to standard error."""
        return self.directory / f"node-{node}.log"

    def prepare(self) -> None:
        """Make the folder and write the files. Raises `ConfigError`, before anything is written, if the folder holds
        something else or the settings cannot work."""
        self._check_directory()
        sort_options(catalog.find(self.algorithm), self.options)
        self.directory.mkdir(parents=True, exist_ok=True)
        for node in self.ids:
            self.config_file(node).write_text(self._file(node), encoding="utf-8")

    def _file(self, node: NodeId) -> str:
        return _FILE.format(
            node=node,
            name=self.config_file(node).name,
            cluster=CLUSTER,
            algorithm=self.algorithm,
            client=f"{HOST}:{self.base_port + node}",
            peers="\n".join(f'{member} = "{self.peer(member)}"' for member in self.ids),
            options="\n".join(f"{name} = {_toml(value)}" for name, value in self.options.items()),
        )

    def _check_directory(self) -> None:
        if not self.directory.exists():
            return
        if not self.directory.is_dir():
            raise ConfigError(f"--data-dir {self.directory} is a file; name a folder")
        earlier = sorted(path for path in self.directory.glob("node-*") if path.is_dir())
        if not earlier:
            foreign = [path.name for path in self.directory.iterdir() if not path.name.startswith(("node-", "."))]
            if foreign:
                raise ConfigError(
                    f"--data-dir {self.directory} holds {foreign[0]} and no cluster; name a folder that is new or empty"
                )
            return
        wanted = {f"node-{node}" for node in self.ids}
        if not {path.name for path in earlier} <= wanted or self._earlier_size() not in (None, self.nodes):
            size = self._earlier_size() or len(earlier)
            raise ConfigError(
                f"{self.directory} holds a cluster of {size} nodes, not {self.nodes}; say --nodes {size}, "
                "name another --data-dir, or delete the folder to begin anew"
            )
        self._check_algorithm()

    def _earlier_size(self) -> int | None:
        earlier = self._earlier()
        return None if earlier is None else len(earlier.peers)

    def _check_algorithm(self) -> None:
        earlier = self._earlier()
        if earlier is not None and earlier.algorithm != self.algorithm:
            raise ConfigError(
                f"{self.directory} holds a cluster that runs {earlier.algorithm}, not {self.algorithm}; say "
                f"--algorithm {earlier.algorithm}, name another --data-dir, or delete the folder to begin anew"
            )

    def _earlier(self) -> NodeConfig | None:
        """The configuration of an earlier run, if there is one."""
        files = sorted(self.directory.glob("node-*.toml"))
        return NodeConfig.load(files[0]) if files else None


def _toml(value: bool | float | str) -> str:
    return msgspec.json.encode(value).decode()
