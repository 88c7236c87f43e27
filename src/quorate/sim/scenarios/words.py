"""The words of a scenario, each with its place, so that every complaint can point at one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Literal, TypeAlias

import msgspec

from quorate.core.errors import ConfigError
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId

MAX_TEXT_BYTES = 1_000_000
"""A scenario is written by hand; a larger file is some other file."""

MAX_FITS = 24
"""Words that one complaint lists."""

WordKind: TypeAlias = Literal["name", "number", "quote", "sign", "end"]

_PATTERN = re.compile(
    r"""(?P<blank>[ \t\r]+|\#[^\n]*)
      | (?P<end>[;\n])
      | (?P<number>[+-]?\d+(?:\.\d+)?(?:/s|%|[a-z]+)?)
      | (?P<quote>"[^"\n]*")
      | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
      | (?P<sign>->|[|,])""",
    re.VERBOSE,
)
_UNITS: dict[str, Nanos] = {"us": 1_000, "ms": MILLISECOND, "s": SECOND, "m": 60 * SECOND}
_TIMES = "times are written 250ms, 3s, 1.5s or 2m"


class ScenarioError(ConfigError):
    """A scenario that says nothing that could be done. Names line, column, the word, and what would fit."""


class Word(msgspec.Struct, frozen=True):
    """`line` and `column` count from 1. A word of kind `end` ends a statement."""

    kind: WordKind
    text: str
    line: int
    column: int


def refuse(word: Word, problem: str, fits: Iterable[str] = ()) -> ScenarioError:
    """The complaint about `word`. `fits`: what could stand in its place."""
    known = list(fits)
    close = get_close_matches(word.text.lower(), known, n=1) if word.kind != "end" else []
    shown = known[:MAX_FITS] + (["..."] if len(known) > MAX_FITS else [])
    hint = f"; did you mean {close[0]!r}?" if close else ""
    tail = f"{'' if close else '.'} Fits here: {', '.join(shown)}" if known else ""
    what = "the end of the statement" if word.kind == "end" else f"{word.text[:40]!r}"
    return ScenarioError(f"scenario line {word.line}, column {word.column}: {what}: {problem}{hint}{tail}")


def split(text: str) -> Iterator[list[Word]]:
    """The statements of a scenario, each as its words, the last of which is its end. Empty ones are left out."""
    if len(text) > MAX_TEXT_BYTES:
        raise ScenarioError(f"a scenario may have {MAX_TEXT_BYTES:,} characters, this text has {len(text):,}")
    statement: list[Word] = []
    line, start, at = 1, 0, 0
    while at < len(text):
        found = _PATTERN.match(text, at)
        if found is None:
            raise refuse(Word("sign", text[at], line, at - start + 1), "no sign of this language", ["|", ",", "->"])
        kind, word = found.lastgroup, found.group()
        if kind == "end":
            if statement:
                yield [*statement, Word("end", "", line, at - start + 1)]
            statement = []
            if word == "\n":
                line, start = line + 1, found.end()
        elif kind is not None and kind != "blank":
            statement.append(Word(msgspec.convert(kind, WordKind), word, line, at - start + 1))
        at = found.end()
    if statement:
        yield [*statement, Word("end", "", line, at - start + 1)]


def source(words: Sequence[Word]) -> str:
    """The statement as it may be shown to people, on one line."""
    text = ""
    for word in words[:-1]:
        tight = word.text == "," or text.endswith(",") or not text
        text += word.text if tight else f" {word.text}"
    return text


class Reader:
    """Reads the words of one statement from left to right. `nodes`: how many there are."""

    def __init__(self, words: Sequence[Word], nodes: int) -> None:
        self.nodes = nodes
        self._words = words
        self._at = 0

    @property
    def next(self) -> Word:
        """The word that comes next; at last, and then for ever, the end."""
        return self._words[self._at]

    @property
    def before(self) -> Word:
        """The word that was read last."""
        return self._words[self._at - 1]

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.next.kind == "end"

    def take(self) -> Word:
        """The next word; it is read then."""
        word = self.next
        self._at = min(self._at + 1, len(self._words) - 1)
        return word

    def has(self, *texts: str) -> bool:
        """Read the next words if they are these."""
        found = tuple(word.text.lower() for word in self._words[self._at : self._at + len(texts)])
        if found == texts:
            self._at += len(texts)
            return True
        return False

    def choose(self, fits: Sequence[str], problem: str = "does not fit here") -> str:
        """One of these words."""
        word = self.take()
        if word.text.lower() not in fits:
            raise refuse(word, problem, fits)
        return word.text.lower()

    def duration(self, *, least: Nanos = 0) -> Nanos:
        """A time span such as 250ms, in ns."""
        word = self.take()
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([a-z]+)", word.text) if word.kind == "number" else None
        if found is None or found[2] not in _UNITS:
            raise refuse(word, f"no time; {_TIMES}")
        # Digits as text, so that 0.1s is 100,000,000 ns and nothing near it.
        whole, _, part = found[1].partition(".")
        unit = _UNITS[found[2]]
        span: Nanos = int(whole) * unit + int(part or "0") * unit // 10 ** len(part)
        if span < least:
            raise refuse(word, f"too short; at least {told(least)}")
        return span

    def number(self, unit: str, example: str, least: int, most: int) -> int:
        """A whole number with `unit` behind it, which may be empty."""
        word = self.take()
        digits = word.text.removesuffix(unit) if word.text.endswith(unit) else ""
        if word.kind != "number" or not re.fullmatch(r"[+-]?\d+", digits):
            raise refuse(word, f"a whole number is needed, such as {example}")
        value = int(digits)
        if not least <= value <= most:
            raise refuse(word, f"from {least:,} to {most:,} is possible")
        return value

    def node(self) -> NodeId:
        """The number of a node."""
        word = self.take()
        if word.text.lower() == "biggest":
            return self.nodes
        if word.kind != "number" or not word.text.isdigit():
            raise refuse(word, "the number of a node is needed", [*map(str, range(1, self.nodes + 1)), "biggest"])
        node = int(word.text)
        if not 1 <= node <= self.nodes:
            raise refuse(word, f"there is no such node: there are {self.nodes}, from 1 on. `nodes N` makes more")
        return node

    def node_list(self) -> tuple[NodeId, ...]:
        """Numbers of nodes, separated by commas."""
        nodes = [self.node()]
        while self.has(","):
            word = self.next
            node = self.node()
            if node in nodes:
                raise refuse(word, "named twice")
            nodes.append(node)
        return tuple(nodes)

    def end(self) -> None:
        """Nothing may be left."""
        if not self.done:
            raise refuse(self.next, "does not fit here")


def told(span: Nanos) -> str:
    """A time as a scenario writes it."""
    for unit, size in (("s", SECOND), ("ms", MILLISECOND)):
        if span % size == 0 or span > 10 * size:
            return f"{span / size:g}{unit}"
    return f"{span / 1000:g}us"
