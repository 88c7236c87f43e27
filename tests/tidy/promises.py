"""What the project offers to people, read off the code: commands, settings, routes, effects, reasons."""

import ast
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tidy.documents import Block, Page
from tidy.source import Module

_BYTE_UNITS = {"KiB": 1024, "MiB": 1024**2}
COMMAND_ENDS = frozenset({"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1"})


def commands(group: Any, path: str) -> dict[str, frozenset[str]]:
    """Every command below `group` (as typer builds it), by its full path, with its options; hidden ones are nobody's business."""
    found: dict[str, frozenset[str]] = {}
    for name, command in group.commands.items():
        if command.hidden:
            continue
        full = f"{path} {name}"
        if hasattr(command, "commands"):
            found.update(commands(command, full))
        else:
            found[full] = _options(command)
    return found


def _options(command: Any) -> frozenset[str]:
    return frozenset(
        option
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.hidden
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    )


def undocumented_commands(found: Mapping[str, frozenset[str]], page: Page) -> list[str]:
    """Commands and options that the page does not mention; an option must be in the section of its command, if that has one."""
    findings = []
    for command, options in found.items():
        if not _mentions(page.text, command):
            findings.append(f"{page.path}: does not mention `{command}`. Describe it.")
            continue
        section = page.section(command)
        findings += [
            f"{page.path}: does not mention {option} of `{command}`. Describe it in the section of that command."
            for option in sorted(options)
            if not _mentions(section, option)
        ]
    return findings


def _mentions(text: str, words: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", text) is not None


def wrong_command_lines(block: Block, found: Mapping[str, frozenset[str]], targets: frozenset[str]) -> list[str]:
    """Lines of a shell block that call a command, an option or a make target that does not exist."""
    findings = []
    for offset, line in enumerate(block.code.replace("\\\n", "  ").splitlines()):
        words = _words(line)
        if words[:1] == ["make"]:
            wrong = [f"make {word}" for word in words[1:] if word.isidentifier() and word not in targets]
        elif words[:1] == ["quorate"]:
            wrong = _wrong_words(words, found)
        else:
            continue
        findings += [f"{block.page}:{block.line + offset}: there is no {what!r}. Correct the page." for what in wrong]
    return findings


def _words(line: str) -> list[str]:
    """The first command of a line, without prompt, comment, pipe and redirection."""
    try:
        words = shlex.split(line.strip().removeprefix("$ "), comments=True)
    except ValueError:
        return []
    end = next((at for at, word in enumerate(words) if word in COMMAND_ENDS), len(words))
    return words[:end]


def _wrong_words(words: Sequence[str], found: Mapping[str, frozenset[str]]) -> list[str]:
    everywhere = {"--help"}
    if len(words) == 1 or words[1] in {"--help", "--version"}:
        return []
    command = next((path for size in (3, 2) if (path := " ".join(words[:size])) in found), None)
    if command is None:
        return [" ".join(words[:3])]
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    return [f"{command} {option}" for option in sorted(options - found[command] - everywhere)]


def make_targets(makefile: str) -> frozenset[str]:
    """Targets that `make help` tells of."""
    return frozenset(re.findall(r"^([a-z][\w-]*):.*## ", makefile, flags=re.MULTILINE))


def settings(config: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting of a configuration type, nested ones dotted, as they are written in a file, with their defaults."""
    for field in msgspec.structs.fields(config):
        name = f"{prefix}{field.encode_name}"
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from settings(field.type, f"{name}.")
        else:
            yield name, field.default


def undocumented_settings(found: Sequence[tuple[str, Any]], page: Page) -> list[str]:
    """Settings that the page does not name in backticks, or not with their default on the same line."""
    findings = []
    for name, default in found:
        lines = page.lines_naming(name.rpartition(".")[2])
        if not lines:
            findings.append(f"{page.path}: does not mention `{name}`. Say its meaning, unit, default and limits.")
        elif isinstance(default, int | float | str) and not any(_tells(line, default) for line in lines):
            findings.append(f"{page.path}: does not give the default of `{name}` on its line: it is {default!r}.")
    return findings


def _tells(line: str, default: float | str) -> bool:
    numbers_joined = re.sub(r"(?<=\d)[_,](?=\d)", "", line)
    return any(re.search(rf"(?<![\w.]){re.escape(text)}(?!\w)", numbers_joined) for text in _spellings(default))


def _spellings(default: float | str) -> Iterator[str]:
    """How a page may write a default: as in a file, or bytes in KiB or MiB."""
    if isinstance(default, bool):
        yield str(default).lower()
        return
    yield str(default) or '""'
    if isinstance(default, int):
        yield from (
            f"{default // size} {unit}" for unit, size in _BYTE_UNITS.items() if default and default % size == 0
        )


def routes(modules: Sequence[Module]) -> dict[str, str]:
    """`METHOD /path` of every route the server adds -> where."""
    found = {}
    for module in modules:
        for call in module.calls():
            method = re.fullmatch(
                r"(?:.*\.)?(?:add_)?(get|post|put|delete|patch|head|options|view)", ast.unparse(call.func)
            )
            paths = [
                word.value for word in call.args[:1] if isinstance(word, ast.Constant) and isinstance(word.value, str)
            ]
            if method and paths and paths[0].startswith("/"):
                found[f"{method[1].upper()} {paths[0]}"] = module.at(call.lineno)
    return found


def undocumented_routes(found: Mapping[str, str], page: Page) -> list[str]:
    """Routes that the page does not give, with their method."""
    return [
        f"{where}: {route} is not in {page.path}. Say what it takes and answers, and each status code."
        for route, where in found.items()
        if not _mentions(page.text, route)
    ]


def reasons(modules: Sequence[Module]) -> tuple[dict[str, str], list[str]]:
    """Every reason given to `Explain`, with a place where it is; and findings for those that cannot be read off the code.

    A function that passes its own parameter on to `Explain` counts as another name for it.
    """
    speakers = {"Explain"}
    while True:
        found: dict[str, str] = {}
        findings: list[str] = []
        passing: set[str] = set()
        for module in modules:
            for call, function in _calls_with_function(module.tree, None):
                if _name_of(call.func) in speakers:
                    texts = _literals(_reason_of(call))
                    found.update(dict.fromkeys(texts or (), module.at(call.lineno)))
                    if texts is None and _is_parameter(_reason_of(call), function):
                        assert function is not None
                        passing.add(function.name)
                    elif texts is None:
                        findings.append(
                            f"{module.at(call.lineno)}: the reason is computed. Write it as a literal, so that it can be looked up."
                        )
        if passing <= speakers:
            return found, findings
        speakers |= passing


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _calls_with_function(tree: ast.AST, function: _Function | None) -> Iterator[tuple[ast.Call, _Function | None]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield node, function
        yield from _calls_with_function(node, node if isinstance(node, _Function) else function)


def _name_of(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _reason_of(call: ast.Call) -> ast.expr | None:
    named = (keyword.value for keyword in call.keywords if keyword.arg == "reason")
    return call.args[0] if call.args else next(named, None)


def _literals(reason: ast.expr | None) -> list[str] | None:
    """The texts a reason may be; None: not literal."""
    if isinstance(reason, ast.Constant) and isinstance(reason.value, str):
        return [reason.value]
    if isinstance(reason, ast.IfExp):
        either, other = _literals(reason.body), _literals(reason.orelse)
        return [*either, *other] if either and other else None
    return None


def _is_parameter(reason: ast.expr | None, function: _Function | None) -> bool:
    if not isinstance(reason, ast.Name) or function is None:
        return False
    arguments = function.args
    return reason.id in {
        parameter.arg for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    }


def undocumented_names(found: Mapping[str, str], page: Page) -> list[str]:
    """Names that the page does not have in backticks."""
    return [
        f"{where}: `{name}` is not in {page.path}. Say what it means, and what to do about it if anything."
        for name, where in found.items()
        if f"`{name}`" not in page.text
    ]
