"""What a floor may not touch: clocks, sockets, files, threads, unseeded randomness, unsafe codecs."""

import ast
from collections.abc import Iterator, Sequence

from tidy.source import Module

PURE = frozenset({"core", "algorithms", "machines"})
BYTES = frozenset({"storage", "wire"})
"""Bytes on disk and on the network, without disk or network."""

_FILES = frozenset({"os", "pathlib", "tempfile", "shutil", "mmap", "fcntl"})
_NETWORK = frozenset({"asyncio", "socket", "ssl", "select", "selectors", "aiohttp", "uvloop"})
_CLOCKS = frozenset({"time", "datetime"})
_ENTROPY = frozenset({"uuid", "secrets"})
_CONCURRENCY = frozenset({"threading", "multiprocessing", "concurrent", "subprocess", "signal"})
BANNED: dict[str, frozenset[str]] = {
    **dict.fromkeys(PURE, _FILES | _NETWORK | _CLOCKS | _ENTROPY | _CONCURRENCY | {"logging"}),
    **dict.fromkeys(BYTES, _FILES | _NETWORK | _CLOCKS | _ENTROPY),
    "runtime": _FILES | _NETWORK | _CLOCKS | _ENTROPY | _CONCURRENCY,
}
UNSAFE = frozenset({"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle"})


def outside(modules: Sequence[Module]) -> list[str]:
    """Imports of what a floor may not touch."""
    return [
        f"{module.at(found.line)}: {module.floor} imports {found.target}. "
        "Time is an argument, randomness is passed in, and the outside is reached by effects, the Disk or the World."
        for module in modules
        for found in module.imports()
        if found.target.split(".")[0] in BANNED.get(module.floor, frozenset())
    ]


def unsafe_codecs(modules: Sequence[Module]) -> list[str]:
    """Codecs that run what they read."""
    return [
        f"{module.at(found.line)}: {found.target} runs whatever the bytes say. Encode with msgspec."
        for module in modules
        for found in module.imports()
        if found.target.split(".")[0] in UNSAFE
    ]


def global_random(modules: Sequence[Module]) -> list[str]:
    """Anything of `random` but the `Random` type: one source a process is a source nobody can replay."""
    remedy = "Take a random.Random, seeded by the caller."
    return [
        f"{module.at(line)}: uses {what} of the random module. {remedy}"
        for module in modules
        for what, line in _random_uses(module)
        if what != "Random"
    ] + [
        f"{module.at(call.lineno)}: Random() without a seed cannot be replayed. {remedy}"
        for module in modules
        if module.floor in PURE | BYTES | {"runtime", "sim"}
        for call in module.calls()
        if ast.unparse(call.func) in {"Random", "random.Random"} and not call.args and not call.keywords
    ]


def _random_uses(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "random" and not node.level:
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (("an alias", node.lineno) for alias in node.names if alias.name == "random" and alias.asname)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "random" and _imports_random(module):
            yield node.attr, node.lineno


def _imports_random(module: Module) -> bool:
    return any(found.target == "random" for found in module.imports())


def opening(modules: Sequence[Module]) -> list[str]:
    """The builtin `open` on floors that have no files."""
    return [
        f"{module.at(call.lineno)}: {module.floor} opens a file by itself. Go through the Disk protocol."
        for module in modules
        if module.floor in PURE | BYTES | {"runtime"}
        for call in module.calls()
        if ast.unparse(call.func) in {"open", "io.open"}
    ]


def hashing(modules: Sequence[Module]) -> list[str]:
    """The builtin `hash` on the pure floors: it differs from process to process. In `__hash__` it is at home."""
    return [
        f"{module.at(call.lineno)}: hash() differs between processes. Use zlib.crc32 or hashlib.blake2b."
        for module in modules
        if module.floor in PURE
        for call in _calls_outside_dunder_hash(module.tree)
        if isinstance(call.func, ast.Name) and call.func.id == "hash"
    ]


def _calls_outside_dunder_hash(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__hash__":
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from _calls_outside_dunder_hash(node)


def printing(modules: Sequence[Module]) -> list[str]:
    """`print` outside of the command line."""
    return [
        f"{module.at(call.lineno)}: prints. Return the text, or write it to the stream that the caller passes in."
        for module in modules
        if module.floor != "cli"
        for call in module.calls()
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]


def sleeping(modules: Sequence[Module]) -> list[str]:
    """`time.sleep`, called or imported: a guess at how long something takes."""
    return [
        f"{module.at(line)}: time.sleep guesses a duration. Wait for the condition, with a limit."
        for module in modules
        for line in _sleeps(module)
    ]


def _sleeps(module: Module) -> Iterator[int]:
    yield from (found.line for found in module.imports() if found.target == "time.sleep")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep":
            yield node.lineno
