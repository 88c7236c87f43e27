"""The project speaks of itself only: no word of the place where it is made, and no address of a package index."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

# One letter of each word is in brackets, so that this file does not find itself.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), remedy)
    for pattern, remedy in (
        (r"(?<![\w.~-])/(?:wor[k]|roo[t])/", "A path of one machine: write it relative to the project."),
        (r"\.pyen[v]\b", "A tool of one machine: say python3.12."),
        (r"share[d]/(?:[A-Z]+\.md|specs)|\bbrie[f]\.md\b", "A page that is not here: say what matters of it."),
        (
            r"(?i)(?<!/)\bissue[s]?\s+#?\d+\b",
            "A number nobody outside can look up: say what it was about, and cite others as owner/repo#number.",
        ),
        (r"\bissue[s] (?:show|list|comment)\b", "A tool of the place of work: leave it out."),
        (r"\bCE[O]\b|(?i:\bworkplac[e]\b)", "A word of the place of work: leave it out."),
        (r"(?i)\b(?:helper|developer|agent)(?:'s)? sessio[n]s?\b", "A word of the place of work: leave it out."),
        (
            r"(?i)\bpypi\.or[g]\b|pythonhoste[d]|--(?:extra-)?index-ur[l]",
            "An address of a package index: each machine knows its own.",
        ),
    )
)


def workplace_words(texts: Mapping[str, str]) -> list[str]:
    """`texts`: path -> content."""
    return [
        f"{path}:{number}: {found[0]!r}. {remedy}"
        for path, text in texts.items()
        for pattern, remedy in PATTERNS
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := pattern.search(line))
    ]


def project_files(root: Path) -> Iterator[Path]:
    """What git tracks or would track; without git, everything outside of hidden folders and caches."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        yield from (path for path in sorted(root.rglob("*")) if path.is_file() and not _is_made(path.relative_to(root)))
        return
    yield from (path for name in listed.split("\0") if name and (path := root / name).is_file())


def _is_made(path: Path) -> bool:
    """Whether a tool made it: only asked where git cannot tell."""
    return any(
        part in {"__pycache__", "build", "dist"} or (part.startswith(".") and part != ".ci") for part in path.parts
    )
