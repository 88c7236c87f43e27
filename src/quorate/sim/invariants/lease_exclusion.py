"""No two leases at one instant."""

from quorate.core.algorithm import AlgorithmSpec
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class LeaseExclusion(Invariant):
    """Of leaders without a log, for whom the lease is all that keeps an earlier one from acting. Leases are compared, not beliefs: a
    process that is paused believes what it did before, and gives its lease up before it looks at anything else."""

    title = "Lease exclusion: no two processes that run hold leases at one instant, as long as clocks are as good as the settings say"
    source = "docs/ring.md, what is claimed; Gray and Cheriton 1989"
    needs_log = False
    guarded = True

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.grants is not None

    def led(self, view: NodeView) -> None:
        if not self.chronicle.clocks_kept or not view.holds_lease():
            return
        for other in self.chronicle.views.values():
            if other is not view and other.alive and other.leads and other.holds_lease():
                raise self.broken(
                    f"nodes {other.node} and {view.node} hold leases of terms {other.term} and {view.term} at once"
                )
