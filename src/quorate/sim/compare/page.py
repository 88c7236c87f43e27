"""The page of a comparison: table, pictures and claims, made to be read with its pictures beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quorate.sim.compare.measures import number
from quorate.sim.compare.results import Comparison
from quorate.sim.compare.table import as_markdown, conditions, markdown_table, messages_by_kind
from quorate.sim.compare.verdict import Verdict

FIGURES = "figures.json"
PAGE = "README.md"

ALONE = "There is nothing to compare with yet: {label} is alone. Other algorithms appear here by themselves once they are in the catalog."


def page(comparison: Comparison, pictures: Mapping[str, str], verdicts: Sequence[Verdict], command: str) -> str:
    """Markdown. `pictures`: file name -> SVG, from which the alternative text is taken; `command`: what makes this page."""
    parts = [
        "# Comparison: figures",
        f"Made by `{command}`; do not edit. The raw figures, seed by seed, are in [{FIGURES}]({FIGURES}).",
        conditions(comparison),
    ]
    if len(comparison.entrants) == 1:
        parts.append(ALONE.format(label=comparison.entrants[0].label))
    parts.append(_settings(comparison))
    parts += ["## Pictures", *(f"![{title_of(svg)}]({name})" for name, svg in pictures.items())]
    parts += ["## Table", as_markdown(comparison).rstrip()]
    parts += ["## Messages by kind", "\n".join(_kinds(comparison))]
    if verdicts:
        rows = [[verdict.about, verdict.claim, f"**{verdict.standing}**", verdict.evidence] for verdict in verdicts]
        parts += ["## Claims", "\n".join(markdown_table(["", "claim", "", "figures"], rows, right=()))]
    return "\n\n".join(parts) + "\n"


def title_of(svg: str) -> str:
    """What a picture is called."""
    return svg.partition('<title id="title">')[2].partition("</title>")[0]


def _settings(comparison: Comparison) -> str:
    lines = []
    for entrant in comparison.entrants:
        settings = ", ".join(f"{name} = {value}" for name, value in entrant.settings().items())
        lines.append(f"- {entrant.label}: {settings or 'default settings'}")
    return "\n".join(lines)


def _kinds(comparison: Comparison) -> list[str]:
    rows = [
        [entrant, occasion, ", ".join(f"`{kind}` {number(count)}" for kind, count in kinds.items())]
        for entrant, occasion, kinds in messages_by_kind(comparison)
    ]
    return markdown_table(["", "", "medians"], rows, right=())
