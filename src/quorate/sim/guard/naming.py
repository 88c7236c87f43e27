"""By which name another interpreter finds what makes a machine."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from quorate.core.errors import ConfigError


class Name(msgspec.Struct, frozen=True):
    """`module` and the dotted `path` in it; `file`: where the module was read from, empty if it has none."""

    module: str
    path: str
    file: str = ""

    def load(self) -> Callable[[], Any]:
        """What has this name, in this interpreter. Raises `ConfigError` if it is not there, and what the module raises."""
        target: Any = self._module()
        for part in self.path.split("."):
            target = getattr(target, part, None)
        if not callable(target):
            raise ConfigError(f"{self.module}.{self.path} is not in {self.file or self.module}")
        made: Callable[[], Any] = target
        return made

    def _module(self) -> object:
        """By its name if that leads to the same file; else, as for programs and tests that no path leads to, from the file itself."""
        if self.module != "__main__":
            try:
                found = importlib.util.find_spec(self.module)
            except (ImportError, ValueError):
                found = None
            if found is not None and self.file in ("", found.origin):
                return importlib.import_module(self.module)
        name = "__quorate_main__" if self.module == "__main__" else self.module
        spec = importlib.util.spec_from_file_location(name, self.file)
        if spec is None or spec.loader is None:
            raise ConfigError(f"{self.module} cannot be imported, neither by its name nor from {self.file!r}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module


def name_of(target: object) -> Name | None:
    """The name of a class or function at the top of a module (or of a class there); None for what has none: lambdas, functions in
    functions, partials, what was typed at a prompt."""
    module, path = getattr(target, "__module__", None), getattr(target, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(path, str):
        return None
    found: object = sys.modules.get(module)
    file = getattr(found, "__file__", None) or ""
    for part in path.split("."):
        found = getattr(found, part, None)
    if found is not target or (module == "__main__" and not file):
        return None
    return Name(module, path, file)
