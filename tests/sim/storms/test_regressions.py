"""Plans of storms that once broke something, kept so that it stays mended.

Each is a file in `regressions/`, named after what broke, with its story here and the mutant that is the bug: without it the plan holds,
with it the plan fails, so a file is known to bite. A file means what it says however the drawing of plans changes: a new field of
`Plan`, of its parts or of a fault has a default, so that old files stay readable. What a changed product makes of the same plan is
another history; so the tests of the mended part itself come first, and a file that no longer bites is to be replaced.

To add one, or to replace one: put the plan of a storm that fails under the mutant here, after shrinking it under the mutant
(`quorate.sim.storms.shrink`), to something that takes less than a second. `quorate simulate --seed N` leaves the plan of a failing seed as
`storm-N.plan.json`; it is `msgspec.json.encode` of a `Plan`.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from mutants.catalog import find
from mutants.patching import patched
from mutants.trials import kind_of
from quorate.sim.storms.plan import Plan
from quorate.sim.storms.run import run_plan

FOLDER = Path(__file__).with_name("regressions")


class Story(NamedTuple):
    """`bug`: what went wrong. `mutant`: brings it back. `by`: what finds it then."""

    bug: str
    mutant: str
    by: str


STORIES = {
    "damaged-snapshot-of-the-newest": Story(
        "a leader's newest snapshot rotted, and it took no other while nothing new came: a follower that needed one waited without end",
        "damaged_snapshot_waits_for_more",
        "NeverError",
    ),
    "damaged-snapshot-set-aside": Story(
        "a snapshot that had just been published rotted before the log knew of it, and a start set it aside: what it held was gone",
        "lost_snapshot_set_aside",
        "Recovery",
    ),
    "dead-member-fresher-for-good": Story(
        "a member that had died for good with the newest data was counted as fresher by all that had heard it: nobody could lead any more",
        "dead_member_is_fresher",
        "NeverError",
    ),
    "erasure-of-a-torn-tail-cut-off": Story(
        "a start that died while it erased a torn tail left what looked like damage",
        "interrupted_erasure_taken_for_damage",
        "LocatedDamageError",
    ),
    "fresher-follower-follows-for-good": Story(
        "without the guard, a node that became fresher than the leader that it followed went on following it",
        "rank_looked_at_once",
        "NeverError",
    ),
    "handed-from-one-to-the-next": Story(
        "a leader made way for the first of those above it that asked, and so did the next: it took many tenures until the highest led",
        "first_claimant_named",
        "Rest",
    ),
    "leaving-voter-does-not-campaign": Story(
        "a voter on its way out, the only one with the entry that ends the change, did not campaign, and nobody else could win",
        "leaving_voter_does_not_campaign",
        "NeverError",
    ),
    "leader-among-the-members-before": Story(
        "ZAB: a server whose change was never committed asked only the members after it for a leader, and the one that led was to go by it",
        "zab_members_before_not_asked",
        "NeverError",
    ),
    "lost-answers-counted-as-open": Story(
        "a follower counted questions whose answers were lost as open, and refused every read as busy",
        "lost_answer_holds_its_place",
        "NeverError",
    ),
    "nominated-under-an-old-number": Story(
        "a node that was nominated again and again asked for grants under an old number, which all took for copies and dropped",
        "nominee_under_an_old_number",
        "NeverError",
    ),
    "not-applied-said-of-a-shared-batch": Story(
        "a caller was told 'not applied' of a batch that was proposed again for another",
        "not_applied_said_of_a_batch_that_lives_on",
        "Exactly once",
    ),
    "not-applied-said-of-an-uncertain-batch": Story(
        "a caller was told 'not applied' of a batch of which a copy was in some log",
        "uncertain_batch_told_as_not_applied",
        "Linearizability",
    ),
    "leaver-without-a-vote-for-it": Story(
        "ZAB: a server on its way out, the only one with the entry that ends the change, got votes and did not count them",
        "zab_candidate_of_an_older_configuration_ignored",
        "NeverError",
    ),
    "refuses-and-never-stands": Story(
        "a node of a ring refused every claim because its data was newer, and never stood itself, as tokens of others kept passing it",
        "refuser_does_not_stand",
        "NeverError",
    ),
    "remembered-rank-passed-on": Story(
        "pulses carried the rank that a leader had when it was elected, and nodes of a ring took over from it without end",
        "pulse_with_a_remembered_rank",
        "NeverError",
    ),
    "snapshot-before-the-group-is-known": Story(
        "a node that had just joined took a snapshot that did not say who belongs to the group",
        "snapshot_before_the_group_is_known",
        "Snapshot agreement",
    ),
    "snapshot-whole-but-not-published": Story(
        "a snapshot that was all there but not published was asked for without end",
        "whole_snapshot_asked_for_again",
        "NeverError",
    ),
    "stale-primary-never-told": Story(
        "a primary of an earlier term was not told that a later one had been elected: nobody could follow it, and it vetoed everybody else",
        "stale_primary_not_told",
        "NeverError",
    ),
    "promoted-while-shown-the-history": Story(
        "an observer that was promoted while it was being brought in line was shown what was committed only, and the change waited for it",
        "zab_new_voter_not_shown_its_history",
        "NeverError",
    ),
    "window-full-of-lost-messages": Story(
        "what filled a window was lost, and what was needed next was compacted: the follower was never caught up",
        "full_window_hides_compaction",
        "NeverError",
    ),
}


def test_every_file_has_its_story() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_what_a_storm_once_broke_holds_and_breaks_with_the_bug(name: str) -> None:
    plan = msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Plan)
    story = STORIES[name]
    assert run_plan(plan).failure == "", story.bug
    with patched(find(story.mutant)):
        failure = run_plan(plan).failure
    gc.collect()  # a storm leaves many cycles behind
    assert failure, f"{name}.json no longer bites: see above for how to replace it"
    assert kind_of(failure)[0] == story.by
