"""Python files as the rules see them: a dotted name, a syntax tree, and what they import."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "quorate"


@dataclass(frozen=True)
class Import:
    """One imported name. `target`: dotted, as written, relative imports resolved; `line`: where."""

    target: str
    line: int


@dataclass(frozen=True)
class Module:
    """One Python file. `path` is relative to the project; `name` is dotted, a package's `__init__` has the package's."""

    name: str
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py")

    @property
    def floor(self) -> str:
        """The folder right below the package; for the few files beside the folders, their own name."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else "__init__"

    def at(self, line: int) -> str:
        return f"{self.path}:{line}"

    def calls(self) -> Iterator[ast.Call]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node

    def imports(self) -> Iterator[Import]:
        """Everything imported anywhere in the file: also inside functions and under TYPE_CHECKING."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base_of(node)
                yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)

    def _base_of(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
        base = package[: len(package) - (node.level - 1)]
        return ".".join([*base, node.module] if node.module else base)


def snippet(name: str, text: str) -> Module:
    """A module that exists only in a test, for proving that a rule bites."""
    return Module(name, f"src/{name.replace('.', '/')}.py", text)


def load(folder: str) -> list[Module]:
    """Every Python file below `folder` of the project."""
    return [_module(path) for path in sorted((ROOT / folder).rglob("*.py"))]


def _module(path: Path) -> Module:
    relative = path.relative_to(ROOT)
    parts = list(relative.with_suffix("").parts)
    if parts[0] == "src":
        parts = parts[1:]
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return Module(".".join(parts), relative.as_posix(), path.read_text())


def edges(module: Module, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The project's own modules that `module` imports, with the line: `from a import b` is `a.b` when that is a module, else `a`."""
    for found in module.imports():
        target = found.target
        while target and target not in known:
            target = target.rpartition(".")[0]
        if target and target != module.name:
            yield target, found.line


def names(modules: Sequence[Module]) -> frozenset[str]:
    return frozenset(module.name for module in modules)
