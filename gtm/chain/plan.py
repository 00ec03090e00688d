"""Plans, kept under the facts that were read.

The walk is deterministic: after the same values comes the same next question. So the client facts that were read form a
decision tree for each question, and a hit walks that tree. World facts tie a node to what it was made from: when one
changes, exactly the nodes below which it was read fall.
"""

from collections.abc import Hashable, Iterable
from math import floor, inf
from typing import Final
from weakref import WeakSet

from gtm.chain.facts import ClientFact, Read, WorldKey
from gtm.chain.splice import Plan
from gtm.chain.store import Store
from gtm.chain.word import Outcome, Steered
from gtm.dns.record import MAX_TTL

BRANCHES: Final = 4096
"""Values of one client fact that are kept for one question, times two at most."""


ALIKE: Final = 1024
"""Plans that stand for many names each, times two at most."""


class Node:
    """A leaf with a plan, or a client fact that is to be asked and a branch for each value."""

    __slots__ = ("__weakref__", "asks", "branches", "home", "label", "plan")

    def __init__(
        self, home: "Store[Hashable, Node]", label: Hashable, asks: ClientFact | None, plan: Plan | None
    ) -> None:
        """Stand in ``home`` under ``label``."""
        self.home, self.label, self.asks, self.plan = home, label, asks, plan
        self.branches: Store[Hashable, Node] | None = Store(BRANCHES) if asks else None
        home.put(label, self)


class Plans:
    """Every plan of a service, bounded in number."""

    def __init__(self, questions: int = 32768, plans: int = 262144) -> None:
        """Keep trees for about ``questions`` questions, and ``plans`` made since the last clearing."""
        self.roots: Store[Hashable, Node] = Store(questions)
        self._alike: Store[Hashable, Node] = Store(ALIKE)
        self._ties: dict[WorldKey, WeakSet[Node]] = {}
        self._most = plans
        self._made = 0
        self.changes = 0
        """How often plans were dropped: what was found before may still be used while this stays the same."""

    def keep(self, question: Hashable, reads: Iterable[Read], plan: Plan) -> None:
        """Put a plan where the next query with the same facts finds it."""
        self._made += 1
        if self._made > self._most:
            self.clear()
        home, label, ties = self.roots, question, []
        for read in reads:
            if read.world is not None:
                ties.append(read.world)
            if read.client is not None:
                node = home.get(label)
                if node is None or node.asks is not read.client:
                    node = Node(home, label, read.client, None)
                self._tie(node, ties)
                assert node.branches is not None
                home, label, ties = node.branches, read.value, []
        self._tie(Node(home, label, None, plan), ties)

    def share(self, question: Hashable, alike: Hashable, plan: Plan) -> None:
        """Put a plan that read nothing where the next query finds it: one of a kind stands for all that say the same."""
        node = self._alike.get(alike)
        if node is None:
            node = Node(self.roots, question, None, plan)
            self._alike.put(alike, node)
        self.roots.put(question, node)

    def _tie(self, node: Node, keys: list[WorldKey]) -> None:
        for key in keys:
            tied = self._ties.get(key)
            if tied is None:
                tied = self._ties[key] = WeakSet()
            tied.add(node)

    def drop(self, changed: Iterable[WorldKey]) -> int:
        """Drop the plans that read a world fact which changed, and tell how many nodes fell."""
        fallen = 0
        for key in changed:
            tied = self._ties.pop(key, None)
            if tied is None:
                continue
            self.changes += 1  # even if all of them made room for others: somebody may remember what was found there
            for node in list(tied):
                if node.home.get(node.label) is node:
                    node.home.drop(node.label)
                    fallen += 1
        return fallen

    def clear(self) -> None:
        """Forget everything."""
        self.changes += 1
        self.roots.clear()
        self._alike.clear()
        self._ties.clear()
        self._made = 0

    def leaves(self) -> int:
        """Count the plans."""
        return sum(_leaves(root) for root in self.roots.values())


def lifetime(reads: Iterable[Read], outcome: Outcome, now: float) -> tuple[float, int]:
    """Say until when a plan holds, and the largest TTL it may give, so that no answer outlives a fact it rests on.

    As long as the longest TTL ends before the clock fact changes, nothing is cut; later the plan is made anew each second.
    """
    moment = min((read.until for read in reads), default=inf)
    if moment == inf:
        return inf, MAX_TTL
    until = max(moment - longest(outcome), min(now + 1, moment))
    return until, max(0, floor(moment - until))


def longest(outcome: Outcome) -> int:
    """Find the largest TTL in an outcome, as far as it is known before a draw."""
    end = outcome.end
    if isinstance(end, Steered):
        return max([end.ttl, *(record.ttl for record in outcome.answer)])
    drawn = (host.end.ttl for host in end.hosts)
    fixed = (r.ttl for r in (*outcome.answer, *end.authority, *end.additional, *end.optional))
    return max((*drawn, *fixed), default=0)


def _leaves(node: Node) -> int:
    return 1 if node.branches is None else sum(_leaves(below) for below in node.branches.values())
