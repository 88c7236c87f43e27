"""Recovery of a lost quorum: S-M15."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate import ConfigError, LockedError, MismatchError
from quorate.real.takeover import QuorumLivesError, survey, take_over
from real.test_joining import Town, town, until

pytestmark = pytest.mark.asyncio


async def founded(place: Town) -> None:
    await place.found()
    for number in range(60):
        assert await place.nodes[1 + number % 3].apply(b"%d" % number) == number + 1
    await until(lambda: len({node.status().applied for node in place.nodes.values()}) == 1)


async def test_s_m15_a_survivor_goes_on_with_all_that_was_committed_and_others_join_it_anew(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        await founded(place)
        await place.stop(1, 2, 3)
        for lost in (1, 2):
            (tmp_path / str(lost)).rename(tmp_path / f"lost-{lost}")
        found = await survey(tmp_path / "3", place.addresses)
        assert (found.node, found.cluster, found.configuration.voters) == (3, "quorate", (1, 2, 3))
        assert (found.answering, found.silent, found.quorum_lives) == ((), (1, 2), False)
        assert found.last_index > found.snapshot_index > 0
        assert await take_over(tmp_path / "3", "phoenix", place.addresses[3], place.addresses) == found
        again = await survey(tmp_path / "3", place.addresses)
        assert (again.cluster, again.configuration.voters, again.last_index) == ("phoenix", (3,), found.last_index + 1)
        with pytest.raises(MismatchError, match="belongs to cluster 'phoenix'"):
            await place.start(3, (1, 2, 3))
        await place.stop(3)
        alone = await place.start(3, (1, 2, 3), cluster="phoenix")
        assert await alone.apply(b"after") == 61
        await place.start(1, seed=3, cluster="phoenix")
        await place.start(2, seed=1, cluster="phoenix")
        await place.agreed(1, 2, 3)
        assert await place.nodes[2].read(lambda machine: len(machine.values)) == 61


async def test_s_m15_it_is_refused_while_a_quorum_lives(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        await founded(place)
        await place.stop(3)
        found = await survey(tmp_path / "3", place.addresses)
        assert (found.answering, found.quorum_lives) == ((1, 2), True)
        with pytest.raises(QuorumLivesError, match="quorate members remove"):
            await take_over(tmp_path / "3", "phoenix", place.addresses[3], place.addresses)
        await place.start(3, (1, 2, 3))
        await place.agreed(1, 2, 3)
        with pytest.raises(LockedError):
            await survey(tmp_path / "3", place.addresses)


async def test_s_m15_it_is_refused_without_state_and_under_the_old_name(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        with pytest.raises(ConfigError, match="no data directory of a node"):
            await survey(tmp_path / "nothing", place.addresses)
        await place.start(3, (1, 2, 3))
        await place.stop(3)
        with pytest.raises(ConfigError, match="has no state"):
            await take_over(tmp_path / "3", "phoenix", place.addresses[3], place.addresses)


async def test_s_m15_the_new_group_has_another_name(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        await founded(place)
        await place.stop(1, 2, 3)
        with pytest.raises(ConfigError, match="another name than 'quorate'"):
            await take_over(tmp_path / "1", "quorate", place.addresses[1], place.addresses)
