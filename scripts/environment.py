"""Make the virtual environment that every `make` target runs in: `environment.py DIRECTORY`.

Exactly what `requirements.lock` pins, each file checked against its hash, and quorate itself from the source tree.
Runs before anything is installed, so it uses nothing but the standard library. A stamp in the environment makes
it quick when nothing changed; a changed lock, project file or interpreter installs again.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
INPUTS = (LOCK, ROOT / "pyproject.toml", Path(__file__))
MINIMUM = (3, 11)
PIP_ENVIRONMENT = {
    # What a person set for their own pip must not redirect or forbid an install into this environment.
    "PIP_USER": "0",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PYTHONUNBUFFERED": "1",
}


class SetupError(Exception):
    """The environment cannot be made. The message says what to do."""


def main(arguments: list[str]) -> int:
    """Make or renew the environment named by the only argument; 0 when it is ready."""
    if len(arguments) != 1:
        print("usage: environment.py DIRECTORY", file=sys.stderr)
        return 2
    directory = Path(arguments[0]).absolute()
    try:
        if is_current(directory):
            return 0
        make(directory)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def is_current(directory: Path) -> bool:
    """Whether the environment is what the inputs ask for."""
    stamp = stamp_path(directory)
    return stamp.is_file() and stamp.read_text() == fingerprint() and python_of(directory).exists()


def make(directory: Path) -> None:
    """Create the environment if it is absent, broken or of another Python, then install."""
    if sys.version_info < MINIMUM:
        raise SetupError(f"Python {version()} is too old: quorate needs 3.11 or newer. Try: make PYTHON=python3.12 ...")
    started = time.monotonic()
    stamp_path(directory).unlink(missing_ok=True)
    say(f"Preparing {display(directory)} with Python {version()} (once, about half a minute):")
    if not is_healthy(directory):
        say("  creating the environment")
        create(directory)
    install_lock(directory)
    say("  installing quorate from this tree")
    run_pip(directory, ["install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    stamp_path(directory).write_text(fingerprint())
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def is_healthy(directory: Path) -> bool:
    """Whether there is an environment of this very Python with a pip that starts."""
    if not python_of(directory).exists():
        return False
    probe = "import sys, pip; print(sys.base_prefix, *sys.version_info[:3], sep='|')"
    done = subprocess.run([python_of(directory), "-c", probe], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == "|".join(map(str, (sys.base_prefix, *sys.version_info[:3])))


def create(directory: Path) -> None:
    """`python -m venv`, afresh."""
    command = [base_python(), "-m", "venv", "--clear", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(
            f"{' '.join(command)} failed:\n{(done.stdout + done.stderr).strip()}\n"
            "Python's venv and pip modules must be installed (Debian: apt install python3-venv)."
        )


def install_lock(directory: Path) -> None:
    """Install the pinned packages, telling which one is being fetched."""
    total = len(pins(LOCK.read_text()))
    say(f"  fetching up to {total} packages")
    count = 0
    for line in pip_lines(directory, ["install", "--require-hashes", "--requirement", str(LOCK)]):
        collecting = re.match(r"Collecting ([A-Za-z0-9._-]+)", line)
        if collecting:
            count += 1
            progress(f"  package {count} of {total}: {collecting[1]}")
        elif line.startswith("Installing collected packages"):
            progress("  unpacking what was fetched")
    progress("")


def pins(lock: str) -> list[str]:
    """Names of the packages that a lock file pins, on whichever platform."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", lock, flags=re.MULTILINE)


def run_pip(directory: Path, arguments: list[str]) -> None:
    """Run pip to its end, quietly."""
    for _ in pip_lines(directory, arguments):
        pass


def pip_lines(directory: Path, arguments: list[str]) -> Iterator[str]:
    """What pip prints, as it prints it. Raises `SetupError` with the end of it when pip fails."""
    command = [str(python_of(directory)), "-m", "pip", *arguments]
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **PIP_ENVIRONMENT},
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            yield line
    if process.returncode != 0:
        raise SetupError(
            f"pip could not install (exit status {process.returncode}). The end of what it said:\n\n"
            f"{''.join(lines[-25:]).rstrip()}\n\n"
            "It needs a package index it can reach; then run the same command again."
        )


def fingerprint() -> str:
    """Changes whenever the environment must be installed again."""
    digest = hashlib.blake2b(digest_size=16)
    for path in INPUTS:
        digest.update(path.read_bytes())
    digest.update(f"{ROOT}|{sys.base_prefix}|{version()}".encode())
    return digest.hexdigest()


def stamp_path(directory: Path) -> Path:
    return directory / "quorate-installed"


def python_of(directory: Path) -> Path:
    return directory / "bin" / "python"


def base_python() -> str:
    """The interpreter outside of any environment: an environment must not be made from the one it replaces."""
    return str(getattr(sys, "_base_executable", sys.executable))


def version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def display(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def say(line: str) -> None:
    print(line, flush=True)


def progress(line: str) -> None:
    """A line that the next one replaces. Only for people: a file gets the steps and no more."""
    if sys.stdout.isatty():
        print(f"\r\033[K{line}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
