"""Elections without a log as a story: what nodes were told, why, and what the narrator did. Messages are left out: they are many."""

from algorithms.electing.network import Network, Node
from quorate.algorithms.electing.epoch import epoch_of
from quorate.core.effects import Effect, Explain, LeaderChanged
from quorate.core.events import Event
from quorate.core.ids import MILLISECOND
from scenarios.transcript import Transcript


class Story(Transcript):
    """A transcript of one network, from now on."""

    def __init__(self, title: str, network: Network) -> None:
        super().__init__(title)
        self.network = network
        network.on_step.append(self._step)

    def _step(self, node: Node, _event: Event | None, effects: list[Effect]) -> None:
        for effect in effects:
            text = _told(effect)
            if text:
                self.lines.append(f"{self.network.now / MILLISECOND:10.3f} ms  node {node.id}  {text}")


def _told(effect: Effect) -> str:
    if isinstance(effect, LeaderChanged):
        epoch = epoch_of(effect.term)
        who = "nobody leads" if effect.leader is None else f"node {effect.leader} leads {epoch.counter}.{epoch.node}"
        until = "" if effect.until is None else f", lease until {effect.until / MILLISECOND:.3f} ms"
        return f"is told: {who}{until}"
    if isinstance(effect, Explain):
        return f"because {effect.reason}" + "".join(f" {name}={value}" for name, value in effect.fields.items())
    return ""
