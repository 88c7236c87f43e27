"""The scenarios that come with the simulator: text files in `library/`, whose first line says what they show."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from quorate.core.algorithm import AlgorithmSpec
from quorate.sim.scenarios.words import ScenarioError

DEFAULT = "leader-crash"
"""The one that shows most to somebody who has never seen one."""

DEFAULT_WITHOUT_LOG = "leader-dies"
"""The same for algorithms that take no writes."""

_FOLDER = Path(__file__).with_name("library")


def default_for(spec: AlgorithmSpec) -> str:
    """The one that is shown to whoever names none."""
    return DEFAULT if spec.keeps_log else DEFAULT_WITHOUT_LOG


def names() -> list[str]:
    """All of them, in order of the alphabet."""
    return sorted(path.stem for path in _FOLDER.glob("*.txt"))


def text_of(name: str) -> str:
    """The text of one; `ScenarioError` for a name that there is not."""
    if name not in names():
        close = get_close_matches(name, names(), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise ScenarioError(f"there is no scenario {name!r}{hint} Known: {', '.join(names())}")
    return (_FOLDER / f"{name}.txt").read_text()


def description_of(text: str) -> str:
    """What the first line of a scenario says about it; empty if that is no comment."""
    first = text.lstrip().partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""
