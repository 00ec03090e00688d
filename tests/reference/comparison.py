"""The server and the reference side by side."""

from gtm import Verdict, codes

from .configurations import Fail, Recover, Reload, Restart, Tell, changed, group_of, told_of
from .model import Reference
from .rules import End, available, current
from .served import CLIENTS, OF_ZONE, PLUGINS, ZONE_TTL, Server

WORDS = {True: Verdict.UP, False: Verdict.DOWN}


class Comparison:
    """Both live through the same; whatever is asked is asked of both."""

    def __init__(self, configuration, plugins=PLUGINS):
        self.configuration = configuration
        self.server = Server(configuration, plugins)
        self.reference = Reference(configuration)

    def play(self, history):
        """Let one event after the other happen, and ask after each."""
        for event, asked in history:
            self.happen(event)
            self.ask(asked)

    def happen(self, event):
        match event:
            case Tell():
                keys = [key for domain in self.configuration for key in told_of(domain)]
                changes = (
                    event.changes if event.everything is None else [(n, event.everything) for n in range(len(keys))]
                )
                self._tell({keys[number % len(keys)]: WORDS[well] for number, well in changes if keys})
            case Fail():
                self._tell(dict.fromkeys(self._serving(event.group), Verdict.DOWN))
            case Recover():
                self._tell(dict.fromkeys(told_of(group_of(self.configuration, event.group)), Verdict.UP))
            case Reload():
                self.adopt(changed(self.configuration, event))
            case Restart():
                self.server.restart()
                self.reference.restart()

    def adopt(self, configuration):
        self.configuration = configuration
        self.server.reload(configuration)
        self.reference.reload(configuration)

    def _serving(self, number):
        group = group_of(self.configuration, number)
        able = available(group, self.reference.world)
        return told_of(current(group, able, self.reference.world).item) if able else ()

    def _tell(self, verdicts):
        self.server.tell(verdicts)
        self.reference.tell(verdicts)

    def ask(self, asked):
        """Ask both, and compare."""
        domain = self.configuration[asked.domain]
        qtype = codes.A if asked.covered and domain.qtype == codes.CNAME else domain.qtype
        for _ in range(asked.times):
            answer = self.server.ask(domain.name, qtype, asked.network, by_subnet=asked.by_subnet)
            assert (answer.rcode, answer.is_authoritative) == (codes.NOERROR, True)
            self._compare(domain.name, qtype, CLIENTS[asked.network], answer)

    def _compare(self, name, qtype, client, answer):
        ways = self.reference.ways(name, qtype, client)
        if isinstance(ways, End):
            expected = OF_ZONE.get((name, qtype), ()) if ways is End.ZONE else ()
            assert answer.values == expected, ways
            assert answer.has_soa is not bool(expected)
            assert answer.ttls <= {ZONE_TTL}
            return
        lawful = self.reference.lawful(name, qtype, client)
        assert self.reference.saw(name, qtype, client, answer.records), f"{answer.records} is none of {lawful}"
        assert answer.ttls == {self.reference.ttl(name, qtype)}
