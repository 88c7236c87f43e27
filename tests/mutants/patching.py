"""Puts a mutant in, and takes it out again, in memory: no file is changed.

A function is changed by giving it other code (`__code__`). It stays the object it was, so the change holds wherever it is bound: under
names that other modules imported, in tables of handlers, in bound methods, partials and properties. Giving it its own code back undoes
all of that at once.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from textwrap import dedent, indent
from types import CodeType, FunctionType

from mutants.mutant import Edit, Mutant


class MutantError(Exception):
    """The mutant does not fit the source any more: look at the function that it names, and write the edit anew."""


@contextmanager
def patched(mutant: Mutant) -> Iterator[None]:
    """Within, the mutant is alive in this process. Raises `MutantError`, and changes nothing, if it does not fit."""
    changes = mutate(mutant)
    before = [(function, function.__code__) for function in changes]
    try:
        for function, code in changes.items():
            function.__code__ = code
        yield
    finally:
        for function, code in before:
            function.__code__ = code
        for code in changes.values():
            linecache.cache.pop(code.co_filename, None)


def mutate(mutant: Mutant) -> dict[FunctionType, CodeType]:
    """The code that each function of the mutant is to have."""
    texts: dict[FunctionType, str] = {}
    for edit in mutant.edits:
        function = function_of(edit.target)
        texts[function] = _replace(mutant, function, edit, texts.get(function) or source_of(function))
    return {function: _compile(mutant, function, text) for function, text in texts.items()}


def function_of(target: object) -> FunctionType:
    """The plain function behind a method, a property or a class method."""
    if isinstance(target, property):
        target = target.fget
    if isinstance(target, cached_property):
        target = target.func
    target = getattr(target, "__func__", target)
    if not isinstance(target, FunctionType):
        raise MutantError(f"{target!r} is not a function of Python code, so it cannot be edited")
    return target


def source_of(function: FunctionType) -> str:
    """The text of a function, at the left margin."""
    if function.__code__.co_filename.startswith("<"):
        raise MutantError(f"{function.__qualname__} has no source file: is another mutant alive?")
    return dedent(inspect.getsource(function))


def _replace(mutant: Mutant, function: FunctionType, edit: Edit, text: str) -> str:
    found = text.count(edit.old)
    if found != 1 or edit.new == edit.old:
        raise MutantError(f"{mutant.name}: in {function.__qualname__} there is {found} times, not once: {edit.old!r}")
    return text.replace(edit.old, edit.new)


def _compile(mutant: Mutant, function: FunctionType, text: str) -> CodeType:
    """Code for `function`, with its new text where tracebacks look for it.

    All of its module is compiled, because what a function's code is depends on what its module imports.
    """
    name = f"<mutant {mutant.name}: {function.__qualname__}>"
    lines, first = inspect.findsource(function)
    block = inspect.getblock(lines[first:])
    margin = block[0][: len(block[0]) - len(block[0].lstrip())]
    changed = [*lines[:first], indent(text, margin), *lines[first + len(block) :]]
    before, after = function.__code__, _code_in("".join(changed), function, name)
    if _code_in("".join(lines), function, before.co_filename).co_code != before.co_code:
        raise MutantError(f"{before.co_filename} has changed since it was imported: start again")
    if after.co_freevars != before.co_freevars:
        raise MutantError(
            f"{mutant.name}: {function.__qualname__} needs other variables of its surroundings than before"
        )
    linecache.cache[name] = (0, None, "".join(changed).splitlines(keepends=True), name)
    return after


def _code_in(text: str, function: FunctionType, filename: str) -> CodeType:
    """The code of `function` in the text of its module."""
    found = [code for code in _codes(_module(text, filename)) if code.co_qualname == function.__qualname__]
    if len(found) != 1:
        raise MutantError(f"{filename} holds {len(found)} functions {function.__qualname__}, not one")
    return found[0]


@lru_cache(maxsize=64)
def _module(text: str, filename: str) -> CodeType:
    try:
        return compile(text, filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise MutantError(f"{filename} does not compile any more: {error}") from error


def _codes(code: CodeType) -> Iterator[CodeType]:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from _codes(const)
