"""Every law of a single table, and between pools and access domains, is broken once; the message is what a user reads."""

import pytest

POOL = "[pools.p]\n"
DOMAIN = '[[domain]]\nname = "www.example.com"\ntype = "A"\n'
WWW = 'Corefile.toml:{}: [[domain]] #1 "www.example.com A" {}'

ROWS = {
    # kinds
    "a host name beside IP addresses": (
        POOL + 'addresses = ["192.0.2.2", "cdn.example.net"]\n',
        (
            "Corefile.toml:2: [pools.p] addresses #2: "
            '"cdn.example.net" is of kind domain in a pool of kind IPv4; a pool has either IP addresses or host names'
        ),
    ),
    "an endpoint twice in a pool": (
        POOL + 'addresses = ["2001:db8::2", "2001:DB8:0::2"]\n',
        'Corefile.toml:2: [pools.p] addresses #2: "2001:db8::2" is in this pool already, as #1; leave one out',
    ),
    "an endpoint twice, once by its entry": (
        POOL + 'addresses = ["hk-1", "192.0.2.77"]\n',
        'Corefile.toml:2: [pools.p] addresses #2: "192.0.2.77" is in this pool already, as #1; leave one out',
    ),
    "IPv6 in an A domain": (
        DOMAIN + 'pools = ["six"]\n',
        WWW.format(4, 'pools #1: "six" is a pool of kind IPv6; an access domain of type A takes IPv4 or domain'),
    ),
    "IPv4 in an AAAA domain": (
        DOMAIN.replace('"A"', '"AAAA"') + 'pools = ["good"]\n',
        (
            'Corefile.toml:4: [[domain]] #1 "www.example.com AAAA" pools #1: '
            '"good" is a pool of kind IPv4; an access domain of type AAAA takes IPv6 or domain'
        ),
    ),
    "IPv4 in a CNAME domain": (
        DOMAIN.replace('"A"', '"CNAME"') + 'pools = ["good"]\n',
        (
            'Corefile.toml:4: [[domain]] #1 "www.example.com CNAME" pools #1: '
            '"good" is a pool of kind IPv4; an access domain of type CNAME takes domain'
        ),
    ),
    "IPv4 and domain pools in rotation": (
        DOMAIN + 'pools = ["good", "alias"]\n',
        WWW.format(
            1,
            'policy: the policy "round_robin" can\'t serve pools of kind IPv4 and domain together; '
            "choose another, or pools of one kind",
        ),
    ),
    "nearest without a default line": (
        DOMAIN + 'policy = "nearest"\npools = [{ pool = "good", lines = ["oversea"] }]\n',
        WWW.format(
            5,
            'pools: no pool is on the line "default"; put one on it, '
            "or say without_default = true if other clients are to get no answer",
        ),
    ),
    # values
    "an address with an octet too large": (
        POOL + 'addresses = ["223.6.0.999"]\n',
        'Corefile.toml:2: [pools.p] addresses #1: "223.6.0.999" is neither an IP address nor a host name',
    ),
    "an address with a port": (
        POOL + 'addresses = ["192.0.2.2:80"]\n',
        'Corefile.toml:2: [pools.p] addresses #1: "192.0.2.2:80" is neither an IP address nor a host name',
    ),
    "an address with a zone index": (
        POOL + 'addresses = ["fe80::1%eth0"]\n',
        'Corefile.toml:2: [pools.p] addresses #1: "fe80::1%eth0" is neither an IP address nor a host name',
    ),
    "a table without an address": (
        POOL + "addresses = [{ weight = 2 }]\n",
        (
            'Corefile.toml:2: [pools.p] addresses #1: "value" is missing; it must be an IP address or host name; '
            'or let "address" name an entry of [addresses]'
        ),
    ),
    "value beside address": (
        POOL + 'addresses = [{ address = "hk-1", value = "192.0.2.2" }]\n',
        'Corefile.toml:2: [pools.p] addresses #1 value: "address" names "hk-1" already; leave one of the two out',
    ),
    "what belongs to the entry": (
        POOL + 'addresses = [{ address = "hk-1", mode = "down" }]\n',
        'Corefile.toml:2: [pools.p] addresses #1 mode: "mode" belongs to [addresses.hk-1], for every pool alike',
    ),
    "a weight out of range": (
        DOMAIN + 'pools = [{ pool = "good", weight = 65536 }]\n',
        WWW.format(4, "pools #1 weight: 65536 is not a whole number from 0 to 65535"),
    ),
    "a share without its percent sign": (
        POOL + 'healthy_when = "30"\naddresses = ["192.0.2.2"]\n',
        'Corefile.toml:2: [pools.p] healthy_when: "30" is not a share; did you mean "30%"?',
    ),
    "a share of nothing": (
        POOL + 'healthy_when = "0%"\naddresses = ["192.0.2.2"]\n',
        (
            "Corefile.toml:2: [pools.p] healthy_when: "
            '"0%" is not a share; write "any", "all", or a percentage from "1%" to "100%"'
        ),
    ),
    "a line named default": (
        '[lines.default]\nnetworks = ["192.0.2.0/24"]\n',
        (
            "Corefile.toml:1: [lines.default]: "
            '"default" is the line of every client that is on no other; choose another name'
        ),
    ),
    "a network with host bits": (
        '[lines.office]\nnetworks = ["203.0.113.5/24"]\n',
        (
            "Corefile.toml:2: [lines.office] networks #1: "
            '"203.0.113.5/24" has bits set behind its prefix; did you mean "203.0.113.0/24"?'
        ),
    ),
    "no network": (
        '[lines.office]\nnetworks = ["office"]\n',
        'Corefile.toml:2: [lines.office] networks #1: "office" is not a network; write one such as "203.0.113.0/24"',
    ),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_a_broken_law_is_told_in_one_line(folder, row):
    text, expected = row
    assert folder.faults(text) == [expected]
