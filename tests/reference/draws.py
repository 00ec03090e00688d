"""What may be drawn from the ways that there are: every lawful answer with its chance, and the turn that follows.

Turns count, for each choice (question, group, candidates), how often it was made (R-52). They outlive what happens to
others, so a choice that comes back goes on where it was.
"""

from fractions import Fraction

from gtm import Address, Kind


def draws(way, asked, turns):
    """Yield (chance, records, turns afterwards)."""
    if isinstance(way, Address):
        yield Fraction(1), ((way.kind.rtype, way.value),), turns
    elif way.how == "one":
        for share, below in shared(way):
            for chance, records, after in draws(below, asked, turns):
                yield share * chance, records, after
    else:
        choice = (asked, way.group, way.members)
        turn = turns.get(choice, 0)
        after = {**turns, choice: turn + 1}
        ordered = rotated([below for _, below in way.ways], turn)
        # a CNAME stands alone: the first of the order whose turn it is
        yield from concatenated(ordered[:1] if is_alias(way) else ordered, asked, after)


def shared(give):
    """R-58: weight by sum of weights; where every weight is 0 all count alike."""
    total = sum(weight for weight, _ in give.ways)
    for weight, below in give.ways:
        if weight or not total:
            yield Fraction(weight, total) if total else Fraction(1, len(give.ways)), below


def rotated(items, turn):
    """R-52: right by one for each turn, so 1,2,3 then 3,1,2 then 2,3,1."""
    for _ in range(turn % len(items)):
        items = [items[-1], *items[:-1]]
    return items


def concatenated(ways, asked, turns):
    """AMB-11: block behind block, each with a draw of its own."""
    if not ways:
        yield Fraction(1), (), turns
        return
    for chance, records, after in draws(ways[0], asked, turns):
        for others, rest, last in concatenated(ways[1:], asked, after):
            yield chance * others, records + rest, last


def is_alias(way):
    if isinstance(way, Address):
        return way.kind is Kind.DOMAIN
    return any(is_alias(below) for _, below in way.ways)


def shares(way, chance=Fraction(1)):
    """Yield (record, share of queries that get it, how far 1,000 draws may be off).

    Each exact choice is less than 2 off (R-58); what stands below it inherits its error in proportion.
    """
    yield from ((value, share, slack) for value, (share, slack) in _shares(way).items())


def _shares(way):
    if isinstance(way, Address):
        return {way.value: (Fraction(1), Fraction(0))}
    if way.how == "one":
        parts, off = list(shared(way)), 2
    elif is_alias(way):
        parts, off = [(Fraction(1, len(way.ways)), below) for _, below in way.ways], 1
    else:
        parts, off = [(Fraction(1), below) for _, below in way.ways], 0
    found = {}
    for part, below in parts:
        for value, (share, slack) in _shares(below).items():
            found[value] = (part * share, slack + off * share)
    return found
