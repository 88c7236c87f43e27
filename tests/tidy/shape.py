"""How large things may be, and that each is tested and used."""

import ast
import re
import tomllib
from collections.abc import Mapping, Sequence

from tidy.source import PACKAGE, Module, edges, names

FILE_LINES = 400
FILE_LINES_HARD = 600
FUNCTION_LINES = 70


def long_files(modules: Sequence[Module], ratchet: Mapping[str, tuple[int, str]]) -> list[str]:
    """Files over the limit. `ratchet`: path -> (lines, reason) of those that may be longer for now, up to the hard limit."""
    findings = []
    for module in modules:
        lines = len(module.text.splitlines())
        allowed, _ = ratchet.get(module.path, (FILE_LINES, ""))
        if lines > min(allowed, FILE_LINES_HARD):
            findings.append(
                f"{module.at(lines)}: {lines} lines, {min(allowed, FILE_LINES_HARD)} are allowed. "
                "Split it by concern: would a newcomer know which room to look in?"
            )
    return findings


def loose_ratchets(modules: Sequence[Module], ratchet: Mapping[str, tuple[int, str]]) -> list[str]:
    """Ratchet entries that say nothing, or more than they need: a ratchet only tightens."""
    lines = {module.path: len(module.text.splitlines()) for module in modules}
    findings = []
    for path, (allowed, reason) in ratchet.items():
        now = lines.get(path, 0)
        if now <= FILE_LINES:
            findings.append(f"{path}: {now} lines need no ratchet any more. Remove its entry.")
        elif now < allowed:
            findings.append(f"{path}: has shrunk to {now} lines. Lower its ratchet from {allowed} to {now}.")
        if not reason:
            findings.append(f"{path}: has a ratchet without a reason. Say why it is longer.")
    return findings


def long_functions(modules: Sequence[Module]) -> list[str]:
    """Functions over the limit, counted from `def` to their last line."""
    return [
        f"{module.at(node.lineno)}: {node.name} has {lines} lines, {FUNCTION_LINES} are allowed. "
        "Let the parent decide and its leaves compute."
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def untested(modules: Sequence[Module], tests: Sequence[Module]) -> list[str]:
    """Modules without a test file, holding a test, at the mirrored place. Exempt: packages, `__main__`, the version."""
    by_path = {test.path: test for test in tests}
    findings = []
    for module in modules:
        if module.is_package or module.name.endswith(".__main__") or module.name == f"{PACKAGE}.version":
            continue
        place = mirror(module)
        if place not in by_path:
            findings.append(f"{module.at(1)}: has no test. Write {place}.")
        elif not holds_a_test(by_path[place]):
            findings.append(f"{place}:1: tests nothing. Add a test of {module.name}.")
    return findings


def mirror(module: Module) -> str:
    """Where a module's test file is: src/quorate/storage/wal.py -> tests/storage/test_wal.py."""
    *folders, name = module.name.split(".")[1:]
    return "/".join(["tests", *folders, f"test_{name}.py"])


def holds_a_test(module: Module) -> bool:
    """Whether pytest would find something: a test function, or a Hypothesis state machine's TestCase."""
    return any(
        (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"))
        or (isinstance(node, ast.Attribute) and node.attr == "TestCase")
        for node in ast.walk(module.tree)
    )


def dead_files(modules: Sequence[Module], entry_points: frozenset[str]) -> list[str]:
    """Modules that nothing imports, also not by a string that is its name, and nobody starts."""
    known = names(modules)
    used = {target for module in modules for target, _ in edges(module, known)} | entry_points
    used |= {node.value for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.Constant)}
    return [
        f"{module.at(1)}: nothing imports it and it is no entry point. Use it or remove it."
        for module in modules
        if module.name not in used and not module.is_package
    ]


def entry_points(pyproject: str, makefile: str) -> frozenset[str]:
    """Modules that are started from outside: installed scripts and plugins, `python -m` of the Makefile, `python -m quorate`."""
    project = tomllib.loads(pyproject)["project"]
    tables = [project.get("scripts", {}), *project.get("entry-points", {}).values()]
    installed = {target.partition(":")[0] for table in tables for target in table.values()}
    started = set(re.findall(rf"-m ({PACKAGE}[.\w]*)", makefile))
    return frozenset(installed | started | {f"{PACKAGE}.__main__"})
