"""The picture: what is where, at any width, in any alphabet."""

from __future__ import annotations

import pytest

from quorate.core.ids import SECOND
from quorate.sim.scenarios.recorder import Election, Gap, Mark, Recording, Span
from quorate.sim.scenarios.timeline import ASCII, LABEL, UNICODE, Line, draw, legend, story, totals

S = SECOND


def recording() -> Recording:
    return Recording(
        nodes=(1, 2, 3),
        end=10 * S,
        spans={
            1: [
                Span(0, S, "follower"),
                Span(S, 4 * S, "leader", term=1),
                Span(4 * S, 6 * S, "leader", cut=True, term=1),
                Span(6 * S, 10 * S, "follower", cut=True),
            ],
            2: [Span(0, 5 * S, "follower"), Span(5 * S, 10 * S, "leader", term=2)],
            3: [
                Span(0, 2 * S, "follower"),
                Span(2 * S, 3 * S, "down"),
                Span(3 * S, 4 * S, "paused"),
                Span(4 * S, 10 * S, "candidate"),
            ],
        },
        elections=[Election(S, 1, 1), Election(5 * S, 2, 2)],
        leaderless=[Gap(0, S), Gap(4 * S, 5 * S)],
        overlaps=[Gap(5 * S, 6 * S, (1, 2))],
        marks=[Mark(2 * S, "crash 3 for 1s", 3), Mark(4 * S, "isolate 1", 1), Mark(4 * S, "jump clock 2 by 1s", 2)],
        acknowledged=[(2 * S, 8), (6 * S, 12)],
    )


def plain(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def rows() -> dict[str, str]:
    drawn = plain(draw(recording(), LABEL + 40, ASCII))
    return {line[:LABEL].strip() or f"axis {number}": line[LABEL:] for number, line in enumerate(drawn)}


def test_the_picture_in_ascii() -> None:
    assert rows() == {
        "axis 0": "0s" + " " * 18 + "5s" + " " * 18,
        "axis 1": "+" + "-" * 19 + "+" + "-" * 19,
        "node 1": "----############%%%%%%%%~~~~~~~~~~~~~~~~",
        "node 2": "--------------------####################",
        "node 3": "--------xxxx====????????????????????????",
        "faults": "        A       B" + " " * 23,
        "elected": "    1               2" + " " * 19,
        "no leader": "oooo            oooo" + " " * 20,
        "two lead": " " * 20 + "!!!!" + " " * 16,
        "writes": "       9               5" + " " * 16,
    }


@pytest.mark.parametrize("width", [1, 40, 80, 133, 160])
def test_no_line_is_wider_than_asked(width: int) -> None:
    for symbols in (ASCII, UNICODE):
        for line in plain([*draw(recording(), width, symbols), *legend(symbols, recording())]):
            assert len(line) <= max(width, 40) or (width < 80 and len(line) < 80)


def test_without_unicode_everything_is_ascii() -> None:
    lines = plain([*draw(recording(), 80, ASCII), *legend(ASCII, recording()), *story(recording())])
    assert all(line.isascii() for line in lines)
    assert not all(line.isascii() for line in plain(draw(recording(), 80, UNICODE)))


def test_a_short_leadership_shows_before_all_else() -> None:
    found = recording()
    found.spans[2] = [Span(0, 5 * S, "down"), Span(5 * S, 5 * S + 1, "leader", term=2), Span(5 * S + 1, 10 * S, "down")]
    (row,) = [line for line in plain(draw(found, LABEL + 40, ASCII)) if line.startswith("node 2")]
    assert row[LABEL:] == "x" * 20 + "#" + "x" * 19


def test_a_run_that_goes_on_leaves_room() -> None:
    row = plain(draw(recording(), LABEL + 40, ASCII, until=20 * S))[2]
    assert row[LABEL:] == "--######%%%%~~~~~~~~" + " " * 20


def test_what_strikes_close_together_still_has_its_letters() -> None:
    found = recording()
    found.marks = [Mark(2 * S + number, f"crash {number}") for number in range(5)]
    (row,) = [line for line in plain(draw(found, LABEL + 40, ASCII)) if line.startswith("faults")]
    assert row[LABEL:] == " " * 8 + "+BC" + " " * 29
    found.marks = [Mark(number * S // 10, "x") for number in range(60)]
    assert plain(story(found))[-1].startswith(". ")


def test_close_elections_share_a_plus() -> None:
    found = recording()
    found.elections = [Election(S + number, 1, 100 + number) for number in range(3)]
    (row,) = [line for line in plain(draw(found, LABEL + 40, ASCII)) if line.startswith("elected")]
    assert row[LABEL:] == " " * 4 + "10+" + " " * 33


def test_the_story_is_in_order_of_time() -> None:
    lines = plain(story(recording(), [(5 * S, "met: expect leader", True)]))
    assert lines == [
        "^    1.000s  node 1 leads term 1, after 1.00 s without a leader",
        "A    2.000s  crash 3 for 1s",
        "B    4.000s  isolate 1 (it leads); jump clock 2 by 1s",
        "^    5.000s  node 2 leads term 2, after 1.00 s without a leader",
        "=    5.000s  met: expect leader",
    ]


def test_the_totals_in_one_sentence() -> None:
    assert totals(recording()) == (
        "2 elections, terms up to 2; 2.00 s without a leader (longest 1.00 s); 12 writes acknowledged; "
        "two nodes believed that they lead for 1.00 s, in different terms: only the newer one can commit"
    )
    assert (
        totals(Recording((1,)))
        == "0 elections, terms up to 0; 0 ms without a leader (longest 0 ms); 0 writes acknowledged"
    )


def test_without_a_log_there_are_no_writes_and_nothing_commits() -> None:
    found = recording()
    found.keeps_log = False
    assert totals(found) == (
        "2 elections, terms up to 2; 2.00 s without a leader (longest 1.00 s); two nodes believed that they lead for 1.00 s, "
        "in different terms: what they touch must refuse the older term"
    )


def test_who_is_blocked_shows_and_is_explained() -> None:
    found = recording()
    assert "blocked" not in "".join(plain(legend(ASCII, found)))
    found.spans[3] = [Span(0, 10 * S, "blocked")]
    assert plain(draw(found, LABEL + 40, ASCII))[4] == "node 3".ljust(LABEL) + "b" * 40
    assert plain(legend(ASCII, found))[1].endswith("bb blocked  ")
    assert all(len(line) < 80 for line in plain(legend(UNICODE, found)))


def test_an_empty_recording_can_be_drawn() -> None:
    assert len(plain(draw(Recording((1, 2)), 80, ASCII))) == 6
