"""News of leadership: the present first, then each change, and an end."""

import asyncio

from quorate.core.effects import LeaderChanged
from quorate.real.leadership import BACKLOG, Leadership, LeadershipChange


async def test_a_subscriber_hears_the_present_and_then_each_change() -> None:
    """Whoever comes late still knows who leads."""
    leadership = Leadership(node=1)
    leadership.changed(LeaderChanged(2, 5))
    news = leadership.follow()
    assert await anext(news) == LeadershipChange(2, 5, mine=False, ready=False)
    leadership.changed(LeaderChanged(None, 5))
    leadership.changed(LeaderChanged(1, 6))
    leadership.changed(LeaderChanged(1, 6, ready=True))
    assert await anext(news) == LeadershipChange(None, 5, mine=False, ready=False)
    assert await anext(news) == LeadershipChange(1, 6, mine=True, ready=False)
    assert await anext(news) == LeadershipChange(1, 6, mine=True, ready=True)
    await news.aclose()


async def test_a_waiting_subscriber_is_woken() -> None:
    """No polling."""
    leadership = Leadership(node=1)
    news = leadership.follow()
    assert (await anext(news)).leader is None
    waiting = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    leadership.changed(LeaderChanged(3, 1))
    assert (await waiting).leader == 3
    await news.aclose()


async def test_closing_says_that_nobody_leads_and_ends_every_subscription() -> None:
    """A job that runs while its node leads must not outlive the node."""
    leadership = Leadership(node=1)
    leadership.changed(LeaderChanged(1, 2, ready=True))
    news = leadership.follow()
    assert (await anext(news)).ready
    leadership.close()
    leadership.close()
    assert [change async for change in news] == [LeadershipChange(None, 2, mine=False, ready=False)]


async def test_a_slow_subscriber_loses_the_oldest_news_never_the_newest() -> None:
    """Memory is bounded, and what matters is who leads now."""
    leadership = Leadership(node=1)
    news = leadership.follow()
    await anext(news)
    for term in range(1, 2 * BACKLOG):
        leadership.changed(LeaderChanged(2, term))
    leadership.close()
    heard = [change async for change in news]
    assert len(heard) == BACKLOG
    assert heard[-2:] == [
        LeadershipChange(2, 2 * BACKLOG - 1, mine=False, ready=False),
        LeadershipChange(None, 2 * BACKLOG - 1, mine=False, ready=False),
    ]


async def test_a_subscriber_that_leaves_is_forgotten() -> None:
    """Nothing is kept for it."""
    leadership = Leadership(node=1)
    news = leadership.follow()
    await anext(news)
    await news.aclose()
    assert leadership._subscribers == {}
