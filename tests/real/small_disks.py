"""A file system of a few MiB for one node's data, mounted where nobody but that node's processes sees it."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

HOLD = 'mount -t tmpfs -o size="$1" tmpfs "$2" && echo mounted && exec cat'
"""The namespace lives as long as a process in it: one that waits for the end of its input."""


def why_none() -> str:
    """Why this machine cannot mount one; empty if it can."""
    if os.name != "posix" or not Path("/proc/self/ns/mnt").exists():
        return "there are no mount namespaces here"
    missing = [name for name in ("unshare", "nsenter", "mount") if shutil.which(name) is None]
    if missing:
        return f"the commands {', '.join(missing)} are missing"
    try:
        tried = subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"],
            check=False,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return tried.stderr.strip() if tried.returncode else ""


class SmallDisk:
    """A context manager. `command` runs a command that sees the file system at `path`; `view` is the same folder for everybody else."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._size = size_bytes

    def __enter__(self) -> "SmallDisk":
        command = ["unshare", "-m", "sh", "-c", HOLD, "hold", str(self._size), str(self._path)]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"mounted\n"
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.communicate()

    @property
    def view(self) -> Path:
        """The folder, through the process that holds it."""
        return Path(f"/proc/{self._holder.pid}/root") / self._path.relative_to("/")

    def command(self, command: Sequence[str]) -> list[str]:
        """The same command, on this file system."""
        return ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", f"--wd={Path.cwd()}", "--", *command]

    @property
    def free_bytes(self) -> int:
        """What is left."""
        status = os.statvfs(self.view)
        return status.f_bavail * status.f_frsize

    def fill(self, leave: int) -> Path:
        """Take all space but `leave` bytes with a file, which is returned."""
        filler = self.view / "somebody-elses-file"
        with filler.open("wb") as file:
            while (rest := self.free_bytes - leave) > 0:
                file.write(bytes(min(1 << 20, rest)))
                file.flush()
        return filler
