"""From a bare Python to an environment: which interpreter is taken, and what is said when it cannot be done."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tidy.promises import make_targets
from tidy.source import ROOT


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", ROOT / "scripts" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


environment = load_script()


def program(path: Path, body: str) -> Path:
    """A small shell program that stands in for an interpreter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def fake_python(path: Path, version: str, *, suits: bool) -> Path:
    """Answers as a Python of that version would when asked whether it is new enough."""
    return program(path, f'[ "$1" = --version ] && echo "Python {version}" && exit 0\nexit {0 if suits else 1}')


def find_python(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", ROOT / "scripts" / "find-python", path / "venv", *arguments]
    return subprocess.run(command, env={"PATH": str(path)}, check=False, capture_output=True, text=True)


def test_the_newest_python_is_taken(tmp_path: Path) -> None:
    fake_python(tmp_path / "python3", "3.11.4", suits=True)
    newest = fake_python(tmp_path / "python3.13", "3.13.0", suits=True)
    assert find_python(tmp_path).stdout.strip() == str(newest)


def test_the_environments_own_python_comes_first(tmp_path: Path) -> None:
    fake_python(tmp_path / "python3.13", "3.13.0", suits=True)
    own = fake_python(tmp_path / "venv" / "bin" / "python", "3.11.4", suits=True)
    assert find_python(tmp_path).stdout.strip() == str(own)


def test_an_old_python_is_refused_by_name(tmp_path: Path) -> None:
    fake_python(tmp_path / "python3", "3.9.2", suits=False)
    done = find_python(tmp_path)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "python3 is Python 3.9.2" in done.stderr


@pytest.mark.parametrize("wanted", ["nothing-of-that-name", "python3"])
def test_a_named_python_is_the_only_one_tried(tmp_path: Path, wanted: str) -> None:
    fake_python(tmp_path / "python3.13", "3.13.0", suits=True)
    fake_python(tmp_path / "python3", "3.10.1", suits=False)
    done = find_python(tmp_path, wanted)
    assert done.returncode == 1
    assert f"PYTHON={wanted} is not one" in done.stderr


def test_what_pip_said_is_shown_when_it_fails(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python", "echo 'ERROR: No matching distribution found for x'; exit 3")
    with pytest.raises(environment.SetupError, match=r"exit status 3(?s:.*)No matching distribution found for x"):
        environment.run_pip(tmp_path, ["install", "x"])


def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = program(tmp_path / "python", "echo 'No module named venv'; exit 1")
    monkeypatch.setattr(environment, "base_python", lambda: str(broken))
    with pytest.raises(environment.SetupError, match=r"No module named venv(?s:.*)apt install python3-venv"):
        environment.create(tmp_path / "venv")


def test_an_environment_is_current_only_with_the_stamp_of_these_inputs(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python", "exit 0")
    assert not environment.is_current(tmp_path)
    environment.stamp_path(tmp_path).write_text("of another lock")
    assert not environment.is_current(tmp_path)
    environment.stamp_path(tmp_path).write_text(environment.fingerprint())
    assert environment.is_current(tmp_path)


def test_an_environment_whose_python_does_not_start_is_made_again(tmp_path: Path) -> None:
    assert not environment.is_healthy(tmp_path)
    program(tmp_path / "bin" / "python", "exit 1")
    assert not environment.is_healthy(tmp_path)


def test_the_makefile_has_the_promised_targets() -> None:
    targets = make_targets((ROOT / "Makefile").read_text())
    assert {"up", "test", "verify", "fix", "bench", "storm", "lock", "help"} <= targets
