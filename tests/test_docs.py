"""What the pages say is true, and what there is, they say.

Python blocks compile and their imports resolve; below a line `<!-- run -->` a block is a whole program and is run, as
every one in the README is. Each rule is followed by its positive control.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import typer

from quorate.algorithms import catalog
from quorate.cli.main import front_door
from quorate.core.effects import Effect
from quorate.core.events import Event
from quorate.runtime.limits import Limits
from quorate.runtime.reload import RELOADABLE
from quorate.server.config import NodeConfig
from tidy import promises, rules
from tidy.documents import RUN, Block, Page, broken_links, faults, page, pages
from tidy.source import ROOT, Module, load, snippet

SOURCE = load("src")
PAGES = pages()
BLOCKS = [block for found in PAGES for block in found.blocks]
PYTHON = [block for block in BLOCKS if block.language == "python"]
TARGETS = promises.make_targets((ROOT / "Makefile").read_text())


def none(findings: Sequence[str]) -> None:
    """Fail with every finding on a line of its own, and nothing else."""
    if findings:
        pytest.fail("\n".join([f"{len(findings)} offences:", *findings]), pytrace=False)


def shown_commands() -> dict[str, frozenset[str]]:
    return promises.commands(typer.main.get_command(front_door()), "quorate")


def block(code: str, language: str = "python") -> Block:
    return Block("docs/bad.md", 10, language, code, runs=False)


# --- code in the pages


def test_python_blocks_compile_and_import() -> None:
    none([fault for found in PYTHON for fault in faults(found)])


def test_a_python_block_that_is_wrong_is_caught() -> None:
    assert faults(block("x = 1\ndef f(:\n"))[0].startswith("docs/bad.md:11: does not compile")
    assert faults(block("from quorate.core.ids import Nobody\n"))[0].startswith(
        "docs/bad.md:10: quorate.core.ids.Nobody"
    )
    assert faults(block("import quorate.nothing\n"))
    assert not faults(block("from quorate.core import ids\nimport asyncio\nawait asyncio.wait_for(x, 1)\n"))


def test_every_python_block_of_the_readme_is_run() -> None:
    found = page("README.md").blocks
    assert any(block.language == "python" for block in found), "README.md shows no Python: show the API in a few lines"
    none(
        [
            f"{block}: is not run. Put {RUN} above it."
            for block in found
            if block.language == "python" and not block.runs
        ]
    )


@pytest.mark.parametrize("found", [block for block in PYTHON if block.runs], ids=str)
def test_a_marked_block_runs(found: Block, tmp_path: Path) -> None:
    program = tmp_path / "snippet.py"
    program.write_text(found.code)
    done = subprocess.run(
        [sys.executable, program.name],
        cwd=tmp_path,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{found}: exit status {done.returncode}\n{done.stdout}{done.stderr}"


def test_blocks_are_found_with_their_marks() -> None:
    text = "a\n\n<!-- run -->\n```python\nx = 1\n```\n\n```python\ny = 2\n```\n```sh\nmake up\n```\n"
    assert Page("p.md", text).blocks == [
        Block("p.md", 5, "python", "x = 1\n", runs=True),
        Block("p.md", 9, "python", "y = 2\n", runs=False),
        Block("p.md", 12, "sh", "make up\n", runs=False),
    ]


def test_toml_blocks_are_toml() -> None:
    for found in BLOCKS:
        if found.language == "toml":
            tomllib.loads(found.code)


def test_shell_blocks_call_what_there_is() -> None:
    commands = shown_commands()
    shells = [found for found in BLOCKS if found.language in {"sh", "bash", "shell", "console"}]
    none([wrong for found in shells for wrong in promises.wrong_command_lines(found, commands, TARGETS)])


def test_a_shell_block_that_is_wrong_is_caught() -> None:
    commands = {"quorate put": frozenset({"--json"}), "quorate wal verify": frozenset({"--quiet"})}
    right = "$ quorate put a b --json | cat --fancy\nquorate wal verify \\\n  DIR --quiet\nquorate --help\nmake up SEEDS=1\nls --x"
    assert not promises.wrong_command_lines(block(right), commands, frozenset({"up"}))
    for line in (
        "quorate putt a b",
        "quorate put --jsn",
        "quorate wal check DIR",
        "make upp",
        "quorate put a b --quiet",
    ):
        (finding,) = promises.wrong_command_lines(block(f"ls\n{line}"), commands, frozenset({"up"}))
        assert finding.startswith("docs/bad.md:11: there is no "), finding


def test_links_lead_somewhere() -> None:
    none([broken for found in PAGES for broken in broken_links(found, ROOT)])


def test_a_broken_link_is_caught(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A heading, with `code`\n")
    good = "[a](there.md) [b](there.md#a-heading-with-code) [c](https://example.org/x) `[d](gone.md)`\n"
    assert not broken_links(Page("p.md", good), tmp_path)
    assert len(broken_links(Page("p.md", "[a](gone.md)\n[b](there.md#gone)"), tmp_path)) == 2


# --- everything there is, is on a page


def test_every_command_and_option_is_documented() -> None:
    found = shown_commands()
    assert "quorate up" in found
    none(promises.undocumented_commands(found, page("docs/cli.md")))


def test_an_undocumented_command_is_caught() -> None:
    app = typer.Typer()
    log = typer.Typer()
    app.add_typer(log, name="wal")

    @app.command()
    def put(key: str, quiet: bool = typer.Option(False, "--quiet/--loud")) -> None: ...

    @log.command()
    def verify(directory: str, count: int = 3) -> None: ...

    @app.command(hidden=True)
    def secret() -> None: ...

    found = promises.commands(typer.main.get_command(app), "quorate")
    assert found == {"quorate put": {"--quiet", "--loud"}, "quorate wal verify": {"--count"}}
    text = "## quorate put\n`--quiet`, `--loud`\n## quorate wal verify\n`--count`\n"
    assert not promises.undocumented_commands(found, Page("cli.md", text))
    moved = "## quorate put\n`--quiet`\n## quorate wal verify\n`--count`, `--loud`, `--quiet-not`\n"
    assert promises.undocumented_commands(found, Page("cli.md", moved)) == [
        "cli.md: does not mention --loud of `quorate put`. Describe it in the section of that command."
    ]
    assert len(promises.undocumented_commands(found, Page("cli.md", "quorate putter, --quiet"))) == 2


def test_every_finding_is_documented() -> None:
    """What `quorate status --why` can answer has a line with what to do about it."""
    text = "".join(path.read_text() for path in sorted((ROOT / "src").rglob("why*.py")))
    codes = set(re.findall(r'Finding\(\s*"\w+", "(\w+)"|return \(?"(\w+)", f?"', text))
    found = {code for pair in codes for code in pair if code}
    assert {"no_quorum", "disk_hangs", "silent"} <= found
    known = page("docs/troubleshooting.md").text
    none([f"docs/troubleshooting.md: does not mention `{code}`." for code in sorted(found) if f"`{code}`" not in known])


def test_every_setting_is_documented() -> None:
    found: list[tuple[str, Any]] = list(promises.settings(NodeConfig))
    assert catalog.names()
    for name in catalog.names():
        found += promises.settings(catalog.find(name).config, f"{name}.")
    none(promises.undocumented_settings(found, page("docs/configuration.md")))


def test_an_undocumented_setting_is_caught() -> None:
    class Limits(msgspec.Struct, frozen=True):
        bytes_max: int = 1_000
        chunk: int = 2 * 1024 * 1024

    class Config(msgspec.Struct, rename={"id": "node"}):
        id: int
        lazy: bool = False
        limits: Limits = Limits()

    found = list(promises.settings(Config))
    assert [name for name, _ in found] == ["node", "lazy", "limits.bytes_max", "limits.chunk"]
    good = Page("c.md", "`node`: x\n| `lazy` | false |\n| `limits.bytes_max` | 1,000 |\n| `chunk` | 2 MiB |\n")
    assert not promises.undocumented_settings(found, good)
    bad = Page("c.md", "node\n| `lazy` | true |\n| `bytes_max` | 10000 |\n| `chunk` | 2 KiB |\n")
    assert len(promises.undocumented_settings(found, bad)) == 4


def test_every_setting_that_needs_a_restart_is_named_as_such() -> None:
    spec = catalog.find(catalog.DEFAULT)
    fixed = set(Limits.__struct_fields__) - RELOADABLE
    fixed |= set(spec.config.__struct_fields__) - spec.reloadable(spec.config())
    found = page("docs/configuration.md").section("Changing settings while a node runs")
    assert "`snapshot_chunk_bytes`" in found
    unnamed = [name for name in sorted(fixed) if f"`{name}`" not in found]
    none(
        [f"docs/configuration.md: {name} needs a restart of the node, but the page does not say so" for name in unnamed]
    )


def test_every_route_is_documented() -> None:
    found = promises.routes([module for module in SOURCE if module.floor == "server"])
    assert "GET /status" in found
    none(promises.undocumented_routes(found, page("docs/http.md")))


def test_an_undocumented_route_is_caught() -> None:
    code = 'app.router.add_get("/status", f)\n@routes.post("/v3/kv/put")\ndef g(): ...\nd.get("x")\n'
    found = promises.routes([snippet("quorate.server.app", code)])
    assert set(found) == {"GET /status", "POST /v3/kv/put"}
    assert len(promises.undocumented_routes(found, Page("h.md", "`GET /status/x`\n`POST /v3/kv/put`"))) == 0
    assert len(promises.undocumented_routes(found, Page("h.md", "`GET /statuses`\n`PUT /v3/kv/put`"))) == 2


def test_every_effect_and_event_is_documented() -> None:
    kinds = {kind.__name__: "src/quorate/core" for union in (Effect, Event) for kind in get_args(union)}
    assert {"Persist", "Received"} <= set(kinds)
    none(promises.undocumented_names(kinds, page("docs/explain.md")))


def test_every_reason_is_documented() -> None:
    found, computed = promises.reasons(SOURCE)
    none(computed)
    assert found
    none(promises.undocumented_names(found, page("docs/explain.md")))


def test_an_undocumented_reason_is_caught() -> None:
    code = (
        "def explain(reason, **fields): out.append(Explain(reason, fields))\n"
        'raft.explain("vote_refused", term=3)\n'
        'x = [Explain("one" if y else "two"), effects.Explain(reason="three")]\n'
    )
    found, computed = promises.reasons([snippet("quorate.algorithms.bad", code)])
    assert set(found) == {"vote_refused", "one", "two", "three"}
    assert not computed
    assert len(promises.undocumented_names(found, Page("e.md", "`vote_refused` `one` two `three`"))) == 1
    _, computed = promises.reasons([Module("x", "src/x.py", 'Explain(f"{a}")')])
    assert computed[0].startswith("src/x.py:1: ")


# --- what the tests of Raft prove


def test_every_rule_and_scenario_has_a_test_and_a_row_that_names_it(request: pytest.FixtureRequest) -> None:
    found, table = rules.proofs(ROOT), page("docs/raft-rules.md")
    if request.config.getoption("--rewrite"):
        (ROOT / table.path).write_text(rules.filled_in(table, found))
        table = page(table.path)
    none(rules.unproven(found) + rules.wrong_rows(table, found))


def test_a_rule_without_a_test_is_caught() -> None:
    assert rules.ids_in("test_s_r4_r16_the_table_of_s_e1") == ["S-R4", "R16"]
    every = {rule: {f"test_{rule}": "tests/test_a.py"} for rule in rules.IDS}
    assert not rules.unproven(every, ())
    assert rules.unproven(every, {"R2"}) == ["R2: has a test now; take it out of STILL_TO_COME in tests/tidy/rules.py"]
    gone = {rule: tests for rule, tests in every.items() if rule != "S-X7"}
    assert rules.unproven(gone, ()) == ["S-X7: no test has it in its name"]
    assert not rules.unproven(gone, {"S-X7"})
    assert rules.unproven({**every, "R41": {"test_r41_x": "tests/test_a.py"}}, ()) == [
        "R41: test_r41_x names it, but there is no such rule"
    ]


def test_a_row_that_is_wrong_is_caught() -> None:
    found = {rule: {"test_a": "tests/test_a.py", "test_b": "tests/test_b.py"} for rule in rules.IDS}
    blank = Page("r.md", "".join(f"| {rule} | what it means | {rules.NO_TEST} |\n" for rule in rules.IDS))
    assert len(rules.wrong_rows(blank, found)) == len(rules.IDS)
    assert not rules.wrong_rows(blank, {}), "nothing to name yet"
    right = Page("r.md", rules.filled_in(blank, found))
    assert "| R1 | what it means | `tests/test_a.py`: `test_a`; `tests/test_b.py`: `test_b` |\n" in right.text
    assert not rules.wrong_rows(right, found)
    assert rules.filled_in(right, found) == right.text
    lines = right.text.splitlines()
    assert rules.wrong_rows(Page("r.md", "\n".join(lines[1:])), found) == ["r.md: no row for R1"]
    assert len(rules.wrong_rows(Page("r.md", "\n".join(reversed(lines))), found)) == 1
    for wrong in (right.text.replace("test_a`", "test_c`", 1), right.text.replace("tests/test_b.py", "tests/c.py", 1)):
        (offence,) = rules.wrong_rows(Page("r.md", wrong), found)
        assert offence.startswith("r.md: R1: there is no test_")
