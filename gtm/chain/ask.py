"""How plugins are asked: each word is held to the law of its hook, and what breaks it counts as "pass"."""

from collections.abc import Callable
from typing import Any

from gtm.chain import law
from gtm.chain.chain import Hook
from gtm.chain.facts import Facts
from gtm.chain.trace import CAUGHT, PluginError, Step, raised, shown, told
from gtm.model.member import Group, Member
from gtm.model.question import Question


class Asker:
    """Asks over facts. ``errors`` tells afterwards what went wrong; every word that is said is added to ``steps``, if there are any."""

    def __init__(self, facts: Facts, steps: list[Step] | None) -> None:
        """Let plugins read these facts."""
        self.facts, self._steps = facts, steps
        self.errors: list[PluginError] = []

    def first(
        self, hooks: tuple[Hook, ...], hook: str, subject: Group | Question, law_of: Callable[[Any], str | None]
    ) -> Any:
        """Ask plugin after plugin until one answers lawfully."""
        for plugin, function in hooks:
            word = self.call(plugin, hook, function, subject, self.facts)
            if word is None:
                self.say(hook, plugin, subject, None, "pass", "")
                continue
            wrong = law.judged(law_of, word)
            if wrong is None:
                if self._steps is not None:
                    self.say(hook, plugin, subject, None, *told(word))
                return word
            self._err(plugin, hook, wrong)
        return None

    def call(self, plugin: str, hook: str, function: Callable[..., Any], *given: object) -> Any:
        """Ask one plugin; None where it raises."""
        self.facts.reader = plugin
        try:
            return function(*given)
        except CAUGHT as fault:
            self._err(plugin, hook, raised(fault))
            return None

    def unlawful(self, plugin: str, hook: str, word: object, lawful: str) -> None:
        """Remember that a plugin returned what it must not."""
        self._err(plugin, hook, f"returned {shown(word)}, {lawful}")

    def _err(self, plugin: str, hook: str, reason: str) -> None:
        self.errors.append(PluginError(plugin, hook, reason))
        if self._steps is not None:
            self._steps.append(Step(hook, plugin, "", "", "error", reason))

    def say(self, hook: str, plugin: str, subject: Group | Question, member: Member | None, *word: str) -> None:
        """Tell of a word and its reason."""
        if self._steps is None:
            return
        where = str(subject) if isinstance(subject, Question) else subject.key
        self._steps.append(Step(hook, plugin, where, member.key if member else "", word[0], word[1]))
