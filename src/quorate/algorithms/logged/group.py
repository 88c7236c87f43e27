"""The configurations in one log, of which the last one acts. Knows no messages."""

from collections.abc import Iterable

from quorate.core.configuration import Configuration, decode_configuration
from quorate.core.entry import Entry, EntryKind
from quorate.core.ids import Index, NodeId

_CONFIGURATION = int(EntryKind.CONFIGURATION)

MOST_BEHIND = 2
"""Election timeouts that a low priority waits longer at most: somebody must lead in the end."""


def configurations_of(entries: Iterable[Entry]) -> list[Configuration]:
    """Those that entries hold, in order."""
    return [decode_configuration(entry.data) for entry in entries if entry.kind == _CONFIGURATION]


class Group:
    """`configurations`: by index, the newest that is surely committed and all later ones in the log: never empty. `newest`: it acts,
    whether it is committed or not (paper, section 6). `voter_sets`: every
    decision needs a majority of each; none in a node that was never let in. `voters`: all of them. `wanting`: some learner wants
    to vote. `behind`: voters with a lower priority than others, and by how many steps."""

    __slots__ = ("behind", "configurations", "newest", "voter_sets", "voters", "wanting")

    def __init__(self, first: Configuration, entries: Iterable[Entry]) -> None:
        self.configurations = [first, *configurations_of(entries)]
        self._derive()

    def settled(self, commit: Index) -> Configuration:
        """The newest that is committed."""
        for configuration in reversed(self.configurations):
            if configuration.index <= commit:
                return configuration
        return self.configurations[0]

    def members(self, commit: Index) -> set[NodeId]:
        """Of all configurations that may count: whoever is to go is served until that is committed, because it may be taken back, and
        because he had better know."""
        ids: set[NodeId] = set()
        for configuration in reversed(self.configurations):
            ids.update(configuration.ids)
            if configuration.index <= commit:
                break
        return ids

    def may_need(self, node: NodeId, commit: Index) -> bool:
        """Whether it votes in a configuration that counts or may come to count again: it may be the only one that has what the others
        lack, also of a configuration that sends it away, and then only its campaign can end the change."""
        return any(
            node in configuration.voters or node in configuration.outgoing
            for configuration in self.configurations
            if configuration.index >= self.settled(commit).index
        )

    def append(self, entries: Iterable[Entry], commit: Index) -> bool:
        """Entries have been added to the log. Returns whether that changes anything."""
        found = configurations_of(entries)
        if found:
            settled = self.settled(commit)
            self.configurations = [c for c in self.configurations if c.index >= settled.index] + found
            self._derive()
        return bool(found)

    def truncate_from(self, index: Index) -> bool:
        """What is from `index` on in the log was dropped: what was before acts again. Returns whether that changes anything."""
        if self.newest.index < index:
            return False
        self.configurations = [c for c in self.configurations if c.index < index]
        self._derive()
        return True

    def replace(self, configuration: Configuration) -> bool:
        """A snapshot has replaced the log. Returns whether that changes anything."""
        changed = configuration != self.newest
        self.configurations = [configuration]
        self._derive()
        return changed

    def _derive(self) -> None:
        newest = self.newest = self.configurations[-1]
        halves = (frozenset(newest.voters), frozenset(newest.outgoing))
        self.voter_sets: tuple[frozenset[NodeId], ...] = tuple([half for half in halves if half])
        self.voters = halves[0] | halves[1]
        self.wanting = any(member.wants_vote for member in newest.members)
        self.behind = _behind(newest)


def _behind(configuration: Configuration) -> dict[NodeId, int]:
    """Of voters with a lower priority than others: how many steps of priority are above theirs, up to `MOST_BEHIND`."""
    steps = sorted(
        {member.priority for member in configuration.members if member.id in configuration.voters}, reverse=True
    )
    if len(steps) < 2:
        return {}
    behind = {member.id: steps.index(member.priority) for member in configuration.members if member.priority in steps}
    return {node: min(count, MOST_BEHIND) for node, count in behind.items() if count}
