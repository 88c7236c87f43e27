"""Who belongs to the group, and changing that: `client.members`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from quorate.client.errors import UnavailableError
from quorate.client.results import MembersView
from quorate.core.errors import QuorateError, RequestFailedError

POLL_S = 0.2
"""How often a change that the group makes by itself is looked for."""

PATH = "/v1/members"


class Members:
    """Each change returns once it is committed, and may be asked again: what is so already changes nothing.

    `expected`: only if the configuration still has this index (`MembersView.index`). A refusal is a `RefusedError` whose `error` is the
    reason (docs/members.md), `UnavailableError` says that nothing was done, `RequestFailedError` that it may come to pass yet.
    """

    def __init__(
        self,
        ask_each: Callable[[], Awaitable[Mapping[str, MembersView | QuorateError]]],
        change: Callable[[str, str, dict[str, Any], int | None], Awaitable[MembersView]],
    ) -> None:
        self._ask_each = ask_each
        self._change = change

    async def list(self) -> MembersView:
        """All members, as the leader knows them; without one, as that server knows them that has the newest configuration. Raises
        `UnavailableError` if no server answers."""
        answers = await self._ask_each()
        views = [answer for answer in answers.values() if isinstance(answer, MembersView)]
        if not views:
            told = "; ".join(str(answer) for answer in answers.values())
            raise UnavailableError(f"no server can say who belongs to the group ({told})")
        return max(views, key=lambda view: (view.node == view.leader, view.term, view.index))

    async def add(
        self, node: int, address: str, *, vote: bool = True, priority: int = 0, expected: int | None = None
    ) -> MembersView:
        """Let `node` in, as a learner; with `vote` it votes as soon as it has caught up. `address`: `host:port` for its peers."""
        body = {"id": node, "address": address, "vote": vote, "priority": priority}
        return await self._change("POST", PATH, body, expected)

    async def remove(self, node: int, *, expected: int | None = None) -> MembersView:
        """Take `node` out of the group, dead or alive."""
        # Not DELETE: an HTTP library repeats that by itself when the connection breaks, and the second time the node is no member.
        return await self.change([{"do": "remove", "id": node}], expected=expected)

    async def promote(self, node: int, *, expected: int | None = None) -> MembersView:
        """Let a learner vote, caught up or not."""
        return await self._change("POST", f"{PATH}/{node}/promote", {}, expected)

    async def demote(self, node: int, *, expected: int | None = None) -> MembersView:
        """Make a voter a learner."""
        return await self._change("POST", f"{PATH}/{node}/demote", {}, expected)

    async def replace(self, old: int, new: int, address: str, *, expected: int | None = None) -> MembersView:
        """Let `new` in; as soon as it has caught up it votes and `old` goes. Returns once it is let in."""
        return await self._change("POST", f"{PATH}/{old}/replace", {"id": new, "address": address}, expected)

    async def update(
        self, node: int, *, address: str | None = None, priority: int | None = None, expected: int | None = None
    ) -> MembersView:
        """Another address or priority of a member; None: as it is."""
        body = {name: value for name, value in (("address", address), ("priority", priority)) if value is not None}
        return await self._change("PATCH", f"{PATH}/{node}", body, expected)

    async def change(
        self, changes: Sequence[Mapping[str, Any]], *, expected: int | None = None, auto_leave: bool = True
    ) -> MembersView:
        """Several at once, all or none, as docs/http.md writes them: `{"do": "remove", "id": 2}`."""
        body = {"changes": list(changes), "auto_leave": auto_leave}
        return await self._change("POST", f"{PATH}/changes", body, expected)

    async def leave_joint(self) -> MembersView:
        """End a change that was told not to end by itself."""
        return await self._change("POST", f"{PATH}/leave-joint", {}, None)

    async def until_voting(self, node: int, timeout_s: float) -> MembersView:
        """Wait until `node`, which was let in, votes. Raises `RequestFailedError` if it does not in time: it may yet."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            view = await self.list()
            member = view.member(node)
            if member is not None and member.role == "voter" and view.committed and not view.joint:
                return view
            if asyncio.get_running_loop().time() >= deadline:
                raise RequestFailedError(
                    f"node {node} is let in, and does not vote yet after {timeout_s:g} s", uncertain=True
                )
            await asyncio.sleep(POLL_S)
