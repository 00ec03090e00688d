"""A Corefile as a table, with changes applied, and written out again."""

import json
from copy import deepcopy


def change(corefile, changes):
    """Apply a scenario's or a reload's changes; the table that is given stays as it is."""
    after = deepcopy(corefile)
    for key in changes.without:
        del after[key]
    others = deepcopy(changes.others)
    added = others.pop("domain", [])
    own = others.get("pools", {})
    _merge(after, others)
    for domain in after.get("domain", [])[:1]:
        _merge(domain, {**({"policy": changes.inter} if changes.inter else {}), **changes.gtm})
    for name, pool in after["pools"].items():
        if changes.intra and "policy" not in own.get(name, {}):
            pool["policy"] = changes.intra
    after.setdefault("domain", []).extend(added)
    if changes.records is not None:
        after["zone"][0]["chain"][-1]["records"] = changes.records
    return after


def _merge(table, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(table.get(key), dict):
            _merge(table[key], value)
        else:
            table[key] = value


def write(corefile):
    """Write TOML: a header for each table that stands under a name or in an array, everything below it inline."""
    return "\n".join(line for key, value in corefile.items() for line in _tables(key, value))


def _tables(key, value):
    if isinstance(value, list):
        for table in value:
            yield f"[[{key}]]"
            yield from _pairs(table)
    else:
        for name, table in value.items():
            yield f"[{key}.{_key(name)}]"
            yield from _pairs(table)


def _pairs(table):
    return (f"{_key(name)} = {_inline(value)}" for name, value in table.items())


def _inline(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    # strings, numbers and booleans of JSON are those of TOML
    return json.dumps(value)


_key = json.dumps
