"""The reference server: the rules, and what has happened so far."""

from .draws import draws
from .rules import End, World, find, settle, steer


class Reference:
    """Says which answers are lawful.

    Which member a weighted draw took shows only in the answer, so several histories of turns may be lawful; each answer
    that is seen leaves those that agree with it.
    """

    def __init__(self, domains):
        self.domains = domains
        self.world = World()
        self.histories = [{}]
        self._settle()

    def _settle(self):
        self.world.held = settle(self.domains, self.world)

    def tell(self, verdicts):
        self.world.verdicts = {**self.world.verdicts, **verdicts}
        self._settle()

    def reload(self, domains):
        self.domains = domains
        self._settle()

    def restart(self):
        """What is held and believed survives; whose turn it was does not."""
        self.histories = [{}]

    def ways(self, name, qtype, client):
        domain = find(self.domains, name, qtype)
        return End.ZONE if domain is None else steer(domain, client, self.world)

    def ttl(self, name, qtype):
        return find(self.domains, name, qtype).ttl

    def lawful(self, name, qtype, client):
        """Every answer that may come now: tuples of (type, value)."""
        return {records for records, _ in self._next(name, qtype, client)}

    def saw(self, name, qtype, client, records):
        """Take note of an answer; False when it was not lawful."""
        after = [turns for found, turns in self._next(name, qtype, client) if found == records]
        self.histories = [turns for number, turns in enumerate(after) if turns not in after[:number]]
        return bool(after)

    def _next(self, name, qtype, client):
        ways = self.ways(name, qtype, client)
        for turns in self.histories:
            for _, records, after in draws(ways, (name, qtype), turns):
                yield records, after
