"""A name, a file, or the words themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.core.errors import ConfigError
from quorate.sim.scenarios import library
from quorate.sim.scenarios.source import Source, find_source
from quorate.sim.scenarios.words import ScenarioError


def test_a_name() -> None:
    found = find_source("bridge")
    assert found == Source("bridge", "bridge", library.text_of("bridge"))
    assert found.description.startswith("Two halves")


def test_words() -> None:
    text = "crash leader at 3s; heal\n"
    assert find_source(text) == Source(text, "", text)
    assert find_source("x" * 5000 + " ").text == "x" * 5000 + " "
    assert find_source("a \0").text == "a \0"
    assert find_source("").text == ""


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "my scenario.txt"
    path.write_text("# Mine.\nheal")
    assert find_source(str(path)) == Source(str(path), "my scenario.txt", "# Mine.\nheal")
    assert find_source(str(path)).description == "Mine."


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        find_source(str(tmp_path / "gone.txt"))
    with pytest.raises(ConfigError, match="Is a directory; name a file with a scenario"):
        find_source(str(tmp_path))
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="this is no text"):
        find_source(str(binary))
    with pytest.raises(ScenarioError, match="did you mean 'bridge'"):
        find_source("brigde")
