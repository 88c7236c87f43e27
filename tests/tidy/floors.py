"""Stairs go down only: who may import whom, and who may know an algorithm by name."""

import ast
import re
from collections.abc import Iterator, Sequence

from tidy.source import PACKAGE, Module, edges, names

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"version"}),
    frozenset({"core"}),
    frozenset({"algorithms", "machines"}),
    frozenset({"storage", "wire"}),
    frozenset({"runtime"}),
    frozenset({"real", "sim"}),
    frozenset({"server", "client"}),
    frozenset({"__init__"}),  # the front door: what users import
    frozenset({"cli", "web"}),
    frozenset({"__main__"}),
)
CATALOG = f"{PACKAGE}.algorithms.catalog"
NAMELESS = frozenset({"core", "storage", "wire", "runtime", "real", "sim"})
"""Floors that run any algorithm, and so may not name one."""
ALGORITHM_WORDS = frozenset({"raft", "zab", "bully"})
"""Not `ring`: it is also a word for buffers."""
SHARED = frozenset({f"{PACKAGE}.algorithms.electing", f"{PACKAGE}.algorithms.logged"})
"""Folders of algorithms/ that hold no algorithm, but what several have in common. They know none of them."""


def level(floor: str) -> int | None:
    """Height above the ground; None: not on the plan."""
    return next((height for height, rooms in enumerate(FLOORS) if floor in rooms), None)


def unplanned(modules: Sequence[Module]) -> list[str]:
    """Files in no room of the floor plan."""
    return [
        f"{module.at(1)}: {module.floor} is not on the floor plan. Move the file to a floor of docs/ARCHITECTURE.md."
        for module in modules
        if level(module.floor) is None
    ]


def climbing(modules: Sequence[Module]) -> list[str]:
    """Imports that go up or sideways."""
    floor_of = {module.name: module.floor for module in modules}
    known = names(modules)
    return [
        f"{module.at(line)}: {module.floor} imports {target}, which is {_direction(module.floor, floor_of[target])}. "
        "Move what both need to a floor below, or let the floor above pass it in."
        for module in modules
        for target, line in edges(module, known)
        if not _may_import(module.floor, floor_of[target])
    ]


def _may_import(floor: str, target: str) -> bool:
    ours, theirs = level(floor), level(target)
    return floor == target or (ours is not None and theirs is not None and theirs < ours)


def _direction(floor: str, target: str) -> str:
    return "beside it" if level(floor) == level(target) else "above it"


def algorithm_packages(modules: Sequence[Module]) -> frozenset[str]:
    """The folders of algorithms/: one an algorithm, but for those that are shared."""
    below = f"{PACKAGE}.algorithms."
    found = frozenset(module.name for module in modules if module.is_package and module.name.startswith(below))
    return found - SHARED


def mingling(modules: Sequence[Module]) -> list[str]:
    """Imports of an algorithm's package from anywhere but itself and the catalog."""
    packages = algorithm_packages(modules)
    known = names(modules)
    return [
        f"{module.at(line)}: {module.name} imports {target}, but only {CATALOG} knows the algorithms. "
        "Ask the catalog for it by the name the user gave."
        for module in modules
        if module.name != CATALOG
        for target, line in edges(module, known)
        if (home := _home(target, packages)) and _home(module.name, packages) != home
    ]


def _home(name: str, packages: frozenset[str]) -> str | None:
    return next((package for package in packages if name == package or name.startswith(f"{package}.")), None)


def naming(modules: Sequence[Module]) -> list[str]:
    """Words for a particular algorithm in identifiers, strings or file names of floors that run any of them."""
    return [
        f"{module.at(line)}: {module.floor} names an algorithm ({text!r}). "
        "It must run any: take what differs from AlgorithmSpec, or from the catalog."
        for module in modules
        if module.floor in NAMELESS
        for text, line in _texts(module)
        if ALGORITHM_WORDS & _words(text)
    ]


def _words(text: str) -> set[str]:
    """Lower-case words of snake_case, CamelCase and prose."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)}


def _texts(module: Module) -> Iterator[tuple[str, int]]:
    yield module.name, 1
    prose = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(module.tree):
        if id(node) not in prose:
            yield from ((text, getattr(node, "lineno", 1)) for text in _texts_of(node))


def _texts_of(node: ast.AST) -> Iterator[str]:
    """A literal's text, or the identifiers that a syntax node itself carries (name, id, attr, arg, asname, module ...)."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
        elif isinstance(node.value, bytes):
            yield node.value.decode("latin-1")
        return
    for _, value in ast.iter_fields(node):
        if isinstance(value, str):
            yield value


def cycles(modules: Sequence[Module]) -> list[str]:
    """Circles of imports, each told once; an import inside a function counts too."""
    known = names(modules)
    graph = {module.name: {target for target, _ in edges(module, known)} for module in modules}
    found: list[str] = []
    done: set[str] = set()
    for start in sorted(graph):
        _visit(start, [], graph, done, found)
    return found


def _visit(name: str, path: list[str], graph: dict[str, set[str]], done: set[str], found: list[str]) -> None:
    if name in path:
        circle = [*path[path.index(name) :], name]
        found.append(
            f"import cycle: {' -> '.join(circle)}. Move what both ends need to a module of its own below them."
        )
    elif name not in done:
        for target in sorted(graph[name]):
            _visit(target, [*path, name], graph, done, found)
        done.add(name)
