"""By the client's line (R-60 to R-66, R-74)."""

from gtm import Facts, Group, Plugin, Ranking, hookimpl

from .lines import by_line, lines_of


class Nearest(Plugin):
    """Answers with the member on the client's most specific line, then with the default line's."""

    name = "nearest"
    policies = ("nearest",)

    @hookimpl
    def rank(self, group: Group, facts: Facts) -> Ranking | None:
        """Ask for the client's line among those that the members carry, and rank by it."""
        if group.policy != self.name:
            return None
        among = lines_of(group.members)
        return by_line(group, facts.line(among) if among else None)
