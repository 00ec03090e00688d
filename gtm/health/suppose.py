"""What if something were down: a health table made of words such as ``pool:hk``."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from gtm.health.table import Table
from gtm.model.health import Verdict
from gtm.model.member import Address, Pool


def suppose(pools: Iterable[Pool], down: Iterable[str]) -> Table:
    """Make the table in which these are down: ``pool:NAME``, ``address:NAME`` or its value, ``template:NAME``.

    ValueError names a word that means nothing here, and what it could mean.
    """
    every = tuple(pools)
    verdicts: dict[str, Verdict] = {}
    for word in down:
        keys = set(_meant(every, word))
        if not keys:
            raise ValueError(f'"{word}" is nothing that can be down; {_meant_perhaps(every, word)}')
        verdicts |= dict.fromkeys(keys, Verdict.DOWN)
    return Table.of(verdicts)


def _meant(pools: tuple[Pool, ...], word: str) -> Iterator[str]:
    kind, _, wanted = word.partition(":")
    if not wanted:
        return
    for pool in pools:
        for member in pool.members:
            address = member.item
            if not isinstance(address, Address):
                continue
            if (kind == "pool" and word in (pool.key, *pool.spellings)) or (
                kind == "address"
                and wanted in (address.name, address.value, address.key, address.key.partition(":")[2])
            ):
                yield address.key
            if kind == "template":
                yield from (check.key for check in address.checks if check.template == wanted)


def _meant_perhaps(pools: tuple[Pool, ...], word: str) -> str:
    words = {f"pool:{pool.title}" for pool in pools}
    for pool in pools:
        addresses = (member.item for member in pool.members if isinstance(member.item, Address))
        for address in addresses:
            words |= {
                address.key,
                f"address:{address.value}",
                *(f"template:{check.template}" for check in address.checks),
            }
    near = get_close_matches(word, sorted(words), n=1, cutoff=0.5)
    return f'did you mean "{near[0]}"?' if near else "write pool:NAME, address:VALUE or template:NAME"
