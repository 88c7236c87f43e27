"""Markdown pages as the rules see them: fenced blocks, sections, links, and the code in them."""

import ast
import importlib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tidy.source import ROOT

RUN = "<!-- run -->"
"""Right above a Python block: the block is a whole program, and a test runs it."""


@dataclass(frozen=True)
class Block:
    """One fenced block. `line`: where its code begins. `runs`: marked to be run."""

    page: str
    line: int
    language: str
    code: str
    runs: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One Markdown file; `path` is relative to the project."""

    path: str
    text: str

    @cached_property
    def blocks(self) -> list[Block]:
        return list(_blocks(self.path, self.text.splitlines()))

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """Numbered lines outside of fenced blocks."""
        lines, inside = [], False
        for number, line in enumerate(self.text.splitlines(), start=1):
            if line.lstrip().startswith("```"):
                inside = not inside
            elif not inside:
                lines.append((number, line))
        return lines

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What `#fragment` links may point at, as code hosts make them from headings."""
        titles = (re.sub(r"^#+\s*", "", line) for _, line in self.prose if line.startswith("#"))
        return frozenset(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", title.strip().lower())) for title in titles)

    def section(self, title: str) -> str:
        """From the heading that holds `title` to the next one of its level or higher; the whole page without such a heading."""
        lines = self.text.splitlines()
        pattern = re.compile(rf"(#+).*{re.escape(title)}(?![\w-])")
        for start, line in enumerate(lines):
            if found := pattern.match(line):
                end = next(
                    (at for at in range(start + 1, len(lines)) if re.match(rf"#{{1,{len(found[1])}}} ", lines[at])),
                    len(lines),
                )
                return "\n".join(lines[start:end])
        return self.text

    def lines_naming(self, name: str) -> list[str]:
        """Lines with `name` in backticks, alone or at the end of a dotted path."""
        return [line for line in self.text.splitlines() if re.search(rf"`(?:[\w.]+\.)?{re.escape(name)}`", line)]


def page(path: str) -> Page:
    """A page of the project, which must be there."""
    assert (ROOT / path).is_file(), f"{path} is missing: write it"
    return Page(path, (ROOT / path).read_text())


def pages() -> list[Page]:
    """The README and everything below docs/."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page(path.relative_to(ROOT).as_posix()) for path in paths]


def _blocks(path: str, lines: list[str]) -> Iterator[Block]:
    start, language, runs = 0, "", False
    for number, line in enumerate(lines, start=1):
        fence = re.match(r"\s*```(\w*)", line)
        if fence and not start:
            before = next((text.strip() for text in reversed(lines[: number - 1]) if text.strip()), "")
            start, language, runs = number, fence[1], before == RUN
        elif fence:
            yield Block(path, start + 1, language, "\n".join(lines[start : number - 1]) + "\n", runs)
            start = 0


def faults(block: Block) -> list[str]:
    """What keeps a Python block from being true: it does not compile, or imports what there is not."""
    try:
        tree = compile(
            block.code, str(block), "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
    except SyntaxError as error:
        return [f"{block.page}:{block.line + (error.lineno or 1) - 1}: does not compile: {error.msg}."]
    assert isinstance(tree, ast.Module)
    return [
        f"{block.page}:{block.line + node.lineno - 1}: {name} cannot be imported. Correct the name or the page."
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _missing_imports(node)
    ]


def _missing_imports(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            if not _module_exists(alias.name):
                yield alias.name
        elif not _module_exists(node.module or "") or not (
            hasattr(importlib.import_module(node.module or ""), alias.name)
            or _module_exists(f"{node.module}.{alias.name}")
        ):
            yield f"{node.module}.{alias.name}"


def _module_exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False


def broken_links(found: Page, root: Path) -> list[str]:
    """Relative links to files or headings that are not there."""
    findings = []
    for number, line in found.prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, fragment = target.partition("#")
            file = (root / found.path).parent / path if path else root / found.path
            if not file.exists():
                findings.append(f"{found.path}:{number}: links to {target}, which is not there.")
            elif fragment and file.suffix == ".md" and fragment not in Page(target, file.read_text()).anchors:
                findings.append(f"{found.path}:{number}: links to {target}, but there is no such heading.")
    return findings
