"""The hooks: all that a plugin can be asked, and the whole contract (the law of each is in plugins/README.md).

Mark a method with ``@hookimpl`` and give it a hook's name; arguments that it does not need may be left out. Hooks on the
path of a query are synchronous, do no I/O and take time and chance from nowhere: the same facts give the same word. They
run in the order of the chain in the Corefile. A hook that raises or returns something else than is said here counts as
"pass", is named in the log and counted, and the query ends in SERVFAIL when nobody else answers.
"""

import pluggy

from gtm.chain.facts import Facts
from gtm.chain.word import Alert, Answered, Choice, Observation, Target
from gtm.model.ending import Ending
from gtm.model.member import Group, Member
from gtm.model.place import Client, Place
from gtm.model.question import Question
from gtm.model.ranking import Ranking, Refusal

hookspec = pluggy.HookspecMarker("gtm")
hookimpl = pluggy.HookimplMarker("gtm")


class Hooks:
    """One method a hook; each is documented as called, given, return, pass."""

    @hookspec
    def classify(self, client: Client, place: Place) -> Place | None:
        """Say where a client is.

        Called: once for a client's network, when a policy first reads a client fact; the result is kept.
        Given: the client's address and how many bits of it are known; what the plugins before this one found.
        Return: the place with more filled in, each value with the prefix length that it rests on, misses included.
        Pass: None, "I know nothing of this client, nor would I of any other address".
        """

    @hookspec(firstresult=True)
    def rank(self, group: Group, facts: Facts) -> Ranking | None:
        """Say in what order and in what shares a group's members may serve.

        Called: for an access domain, then for each pool that it leads to; the first that answers is taken.
        Given: the group, whose ``policy`` says whom it means, and the facts.
        Return: a Ranking of this group's members only; ``Ranking()`` for "mine, and nobody fits".
        Pass: None, "not my policy".
        """

    @hookspec
    def admit(self, member: Member, facts: Facts) -> Refusal | None:
        """Say whether a member may serve now.

        Called: for each member of a tier that might be taken; everyone in the chain is asked.
        Given: the member, a pool or an address, and the facts.
        Return: a Refusal with a reason that a person can act on. One is enough to keep the member out.
        Pass: None, "no objection". Nobody can add a member here.
        """

    @hookspec(firstresult=True)
    def rescue(self, group: Group, facts: Facts) -> Ranking | Ending | None:
        """Say what to do when nobody in an access domain may serve.

        Called: for the access domain when every member is refused, then for each pool that the answer names.
        Given: the group and the facts. ``admit`` is not asked again; disabled members stay out all the same.
        Return: a Ranking of the group's members, or an Ending.
        Pass: None; when all pass, the name is answered as if it were not steered.
        """

    @hookspec
    def expire(self, choice: Choice, ttl: int, facts: Facts) -> int | None:
        """Say how long an answer may live.

        Called: once for each plan that draws addresses.
        Given: what was chosen, the TTL in seconds so far, and the facts.
        Return: seconds, 0 or more. The smallest of all is used: nobody can raise it.
        Pass: None, "no opinion".
        """

    @hookspec(firstresult=True)
    def fallback(self, question: Question, facts: Facts) -> Ending | None:
        """Answer a name that is not steered.

        Called: when no access domain, or none that schedules anything, has this name and type.
        Given: the question and the facts.
        Return: an Ending. A CNAME's target that is left in ``Records.target`` is asked next, by the server; so is an ``Alias``'s.
        Pass: None, "not my name"; when all pass, REFUSED.
        """

    @hookspec
    async def probe(self, target: Target) -> Observation:  # type: ignore[empty-body]
        """Try once whether a target is well.

        Called: on the object made for a template whose ``protocol`` names the plugin, each time that a check is due.
        Given: the target and the seconds it may take.
        Return: an Observation, within those seconds; over a fresh connection. An exception counts as a failed one.
        """

    @hookspec
    async def notify(self, alerts: tuple[Alert, ...]) -> None:
        """Tell somebody.

        Called: on the object made for a ``[[alert]]`` that names the plugin, off the path of queries.
        Given: what happened within the same second, or waited together, oldest first, never empty.
        Return: nothing; an exception means "try again later", and its text is kept in the alert log. Its attribute ``after``,
        where it has one, says for how many seconds not.
        """

    @hookspec
    def observe(self, batch: tuple[Answered, ...]) -> None:
        """See what was answered.

        Called: on a zone's plugins, in a thread beside the path of queries, with what was answered lately.
        Given: what was answered in this zone. Where it comes faster than it is taken, some is left out and counted.
        Return: nothing; it can't change an answer any more.
        """
