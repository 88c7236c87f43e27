"""The examples that show how to test one's own machine."""

from __future__ import annotations

import subprocess
import sys

from tidy.source import ROOT


def test_the_bank_keeps_its_money() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--quorate-seeds",
        "6",
        "examples/test_bank.py",
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
