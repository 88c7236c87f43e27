"""Machines of their own for processes of a test: network namespaces, joined by bridges, in a world that the host does not see.

All of it belongs to one thread and to processes that end with it: when they are gone the kernel takes namespaces, bridges and cables away,
whatever became of the test. Needs root on Linux, and the commands `ip`, `unshare` and `nsenter`.
"""

import asyncio
import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CLONE_NEWNET = 0x40000000
TOOLS = ("ip", "unshare", "nsenter")
PATIENCE_S = 30.0


def cannot() -> str:
    """Why this machine cannot; empty: it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "network namespaces need root on Linux"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"network namespaces need the commands {', '.join(missing)}"
    said = alone(lambda: _try("ip", "link", "add", "probe", "type", "bridge") or _try("unshare", "-n", "true"))
    return f"this machine allows no network namespaces: {said}" if said else ""


def _try(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return f"{' '.join(command)}: {done.stderr.strip()}" if done.returncode else ""


def alone(act: Callable[[], T]) -> T | str:
    """Run `act` in a thread of a network of its own, which its child processes share. Returns what it returns; a word if there is none."""
    found: list[T | str] = []
    errors: list[BaseException] = []

    def run() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            found.append(os.strerror(ctypes.get_errno()))
            return
        try:
            found.append(act())
        except BaseException as error:  # what a test asserts is told where the test waits
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return found[0]


def ip(*words: str) -> None:
    """Run `ip`. Raises if it fails."""
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=PATIENCE_S)


class Machines:
    """As many network namespaces as asked for, each on two bridges: `10.1.0.N` among themselves, `10.2.0.N` towards the test, which sees
    all of them whatever becomes of the other one. Use as a context manager, within `alone`."""

    def __init__(self, count: int) -> None:
        self.numbers = range(1, count + 1)
        self._holders: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Machines":
        ip("link", "set", "lo", "up")
        for bridge in ("among", "watch"):
            ip("link", "add", bridge, "type", "bridge", "stp_state", "0", "forward_delay", "0")
            ip("link", "set", bridge, "up")
        ip("addr", "add", "10.2.0.254/24", "dev", "watch")
        try:
            for number in self.numbers:
                self._make(number)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for holder in self._holders.values():
            holder.communicate(timeout=PATIENCE_S)

    def _make(self, number: int) -> None:
        # `cat` holds the namespace, and ends with the pipe: also if this process is killed.
        command = ["unshare", "-n", "sh", "-c", "echo there; exec cat"]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._holders[number] = holder
        assert holder.stdout is not None
        if not holder.stdout.readline():
            raise OSError(f"machine {number} got no network namespace")
        for bridge, net in (("among", 1), ("watch", 2)):
            here, there = f"{bridge}{number}", f"eth{net}"
            ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", str(holder.pid))
            ip("link", "set", here, "master", bridge, "up")
            self._inside(number, "ip", "addr", "add", f"10.{net}.0.{number}/24", "dev", there)
            self._inside(number, "ip", "link", "set", there, "up")
        self._inside(number, "ip", "link", "set", "lo", "up")

    def _inside(self, number: int, *command: str) -> None:
        subprocess.run([*self.prefix(number), *command], check=True, capture_output=True, timeout=PATIENCE_S)

    def prefix(self, number: int) -> list[str]:
        """What goes before a command that is to run on a machine."""
        return ["nsenter", "-t", str(self._holders[number].pid), "-n"]

    def part(self, *numbers: int) -> None:
        """These, and the rest, hear nothing of each other from now on; nobody is told."""
        ip("link", "add", "apart", "type", "bridge", "stp_state", "0", "forward_delay", "0")
        ip("link", "set", "apart", "up")
        for number in numbers:
            ip("link", "set", f"among{number}", "master", "apart")

    def heal(self) -> None:
        """All hear each other again."""
        for number in self.numbers:
            ip("link", "set", f"among{number}", "master", "among")
        ip("link", "del", "apart")


def run_alone(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine, with an event loop of its own, in a network of its own."""
    said = alone(lambda: asyncio.run(test()))
    assert said is None, said
