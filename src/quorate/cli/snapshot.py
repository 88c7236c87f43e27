"""`quorate snapshot`: snapshots of running nodes, backups out of them, new clusters out of backups."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from quorate.cli.options import EndpointOption, JsonOption, TimeoutOption, with_client
from quorate.cli.table import size
from quorate.core.errors import ConfigError
from quorate.core.ids import NodeId
from quorate.real.backups import NewMember, restore_backup
from quorate.real.disk import RealDisk
from quorate.server.config import NodeConfig
from quorate.storage.backup import BackupHeader, BackupReader

app = typer.Typer(
    no_args_is_help=True,
    help="Snapshots and backups. `take` and `list` are about the disk of one running node; `save` brings a backup of the state "
    "to a file here; `verify` and `restore` need no cluster at all. docs/backup.md has the whole procedure.",
)

_TAKE_TIMEOUT_S = 60.0
_SILENCE_S = 30.0

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


@app.command()
def take(endpoint: EndpointOption = None, timeout: TimeoutOption = _TAKE_TIMEOUT_S, json: JsonOption = False) -> None:
    """Let a node save its state on its own disk now, and shorten its log. Nodes do this by themselves; before an upgrade or a restart
    it makes the start faster. If nothing was applied since the newest snapshot, that one is shown.

    Example: quorate snapshot take -e http://10.0.0.1:7001
    """
    taken = with_client(endpoint, timeout, lambda client: client.take_snapshot())
    if json:
        _print_json(taken)
    else:
        print(f"snapshot up to entry {taken.index} of term {taken.term}, {size(taken.size)}: {taken.path}")


@app.command(name="list")
def list_snapshots(endpoint: EndpointOption = None, timeout: TimeoutOption = 5.0, json: JsonOption = False) -> None:
    """Show the snapshots on the disk of one node, oldest first: the first endpoint given. The newest three are kept."""
    found = with_client(endpoint, timeout, lambda client: client.snapshots())
    if json:
        _print_json(found)
        return
    print("index\tterm\tsize\tdigest\tpath")
    for each in found:
        print(f"{each.index}\t{each.term}\t{size(each.size)}\t{each.digest}\t{each.path}")


@app.command()
def save(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the backup goes; it must not exist.")],
    local: Annotated[
        bool,
        typer.Option("--local", help="What the node asked has: possibly stale, but without a leader too."),
    ] = False,
    endpoint: EndpointOption = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long the node may be silent.")
    ] = _SILENCE_S,
    json: JsonOption = False,
) -> None:
    """Save a backup of the whole state to a file, while the cluster serves. It holds every write acknowledged before the command began.

    What was written is read again and checked before FILE appears. Ask a follower, and the leader has no work with it. Keep the file
    on another machine, and restore one now and then: only that shows that it works.

    Example: quorate snapshot save "backup-$(date +%F)" -e http://10.0.0.2:7001
    """
    if file.exists():
        raise ConfigError(f"{file} exists; name a new file, so that no good backup is lost to a bad one")
    unfinished = file.with_name(file.name + ".part")
    try:
        with unfinished.open("wb") as target, _progress("saving") as bar:
            with_client(endpoint, timeout, lambda client: client.backup(_Sink(target, bar).write, local=local))
            target.flush()
            os.fsync(target.fileno())
        header = _verified(unfinished)
        unfinished.rename(file)
        RealDisk(file.absolute().parent).sync_directory()
    finally:
        unfinished.unlink(missing_ok=True)
    _tell(header, f"saved to {file}", json=json)


@app.command()
def verify(file: FileArgument, json: JsonOption = False) -> None:
    """Read a backup to its end and check every byte. Exit code 0: it can be restored; 1: it is damaged, or no backup.

    Example: quorate snapshot verify backup-2030-01-31
    """
    _tell(_verified(file), "intact", json=json)


@app.command()
def restore(
    file: FileArgument,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="The new node's TOML file: it says all that follows."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", metavar="DIR", help="The directory to make; it must not hold anything.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="NAME", help="Name of the NEW cluster; not that of the old one.")
    ] = None,
    node: Annotated[int | None, typer.Option("--id", metavar="ID", min=1, help="Which member this is.")] = None,
    member: Annotated[
        list[str] | None,
        typer.Option("--member", metavar="ID=HOST:PORT", help="Every member of the new cluster; repeat it."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make the data directory of one member of a NEW cluster out of a backup. For when the old one is lost, or for a copy of it.

    Do it for every member, from the same file, before any of them starts: a member with an empty directory knows nothing, and two of
    three such would elect each other. The new cluster needs a name of its own, so that nodes of the old one that come back are refused.
    Who has sent what is part of the backup: a client that repeats a write from before is still not served twice.

    Examples: quorate snapshot restore backup --config node-1.toml |
    quorate snapshot restore backup --data-dir data/1 --cluster new --id 1 --member 1=10.0.0.1:7101 --member 2=10.0.0.2:7101
    """
    wanted, algorithm = _wanted(config, data_dir, cluster, node, member)
    with _progress("restoring") as bar:
        header = restore_backup(file, wanted, algorithm, bar.show)
    _tell(header, f"restored for node {wanted.node} of cluster {wanted.cluster} in {wanted.data_dir}", json=json)


def _wanted(
    config: Path | None, data_dir: Path | None, cluster: str | None, node: int | None, member: list[str] | None
) -> tuple[NewMember, str | None]:
    given = (data_dir, cluster, node, member)
    if config is not None:
        if any(value is not None for value in given):
            raise ConfigError("--config says who the member is; leave out --data-dir, --cluster, --id and --member")
        settings = NodeConfig.load(config)
        return NewMember(settings.cluster, settings.id, settings.peers, settings.data_dir), settings.algorithm
    if data_dir is None or cluster is None or node is None or not member:
        raise ConfigError(
            "say who the member is: --config node.toml, or --data-dir, --cluster, --id and --member for each member"
        )
    return NewMember(cluster, node, dict(map(_member, member)), data_dir), None


def _member(text: str) -> tuple[NodeId, str]:
    number, _, address = text.partition("=")
    if not (number.isascii() and number.isdigit() and len(number) <= 10 and int(number) >= 1 and address):
        raise ConfigError(f"--member {text!r:.60}: write id=host:port, as in 1=10.0.0.1:7101")
    return int(number), address


def _verified(file: Path) -> BackupHeader:
    with file.open("rb") as source:
        reader = BackupReader(source, str(file))
        reader.verify()
        return reader.header


class _Bar:
    """Progress on a terminal; nothing elsewhere."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, done: int, total: int | None = None) -> None:
        self._progress.update(self._task, completed=done, total=total)


class _Sink:
    """Writes what comes, and counts it."""

    def __init__(self, target: BinaryIO, bar: _Bar) -> None:
        self._target = target
        self._bar = bar
        self._done = 0

    def write(self, piece: bytes) -> None:
        self._target.write(piece)
        self._done += len(piece)
        self._bar.show(self._done)


@contextmanager
def _progress(what: str) -> Iterator[_Bar]:
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bar(progress, progress.add_task(what, total=None))


def _tell(header: BackupHeader, what: str, *, json: bool) -> None:
    if json:
        _print_json(header)
        return
    print(
        f"{what}: state of cluster {header.cluster} up to entry {header.index} of term {header.term}, {size(header.size)}, "
        f"saved from node {header.node}"
    )


def _print_json(document: Any) -> None:
    print(msgspec.json.encode(document).decode())
