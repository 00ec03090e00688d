"""Messages that a resolver, a stranger or an attacker may send, built octet by octet, and what each gets.

A reply is told in one line: code, flags, records in the four sections, and what is in its OPT record, as in
``NOERROR aa rd 1/1/0/0 opt``. Silence is ``nothing``. ``over_tcp`` is set where a stream is answered otherwise.
The zone that they are about is ``ZONE``, one access domain included.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import dns.name
import dns.rdatatype

SILENCE = "nothing"
PLAIN = "NOERROR aa rd 1/1/0/0"
FORMERR, NOTIMP = "FORMERR rd 0/0/0/0", "NOTIMP rd 0/0/0/0"
REFUSED, REFUSED_OPT = "REFUSED rd 1/0/0/0", "REFUSED rd 1/0/0/0 opt"
WITH_OPT, NODATA, NONAME = f"{PLAIN} opt", "NOERROR aa rd 1/0/1/0", "NXDOMAIN aa rd 1/0/1/0"
A, NS, SOA, TXT, AAAA, OPT, TSIG, ANY, IN, CH = 1, 2, 6, 16, 28, 41, 250, 255, 1, 3
NSID, SUBNET, EXPIRE, COOKIE, KEEPALIVE, PADDING = 3, 8, 9, 10, 11, 12
RD, QR = 0x0100, 0x8000

ZONE = """
@          3600 SOA ns1 hostmaster 1 3600 600 86400 300
@          3600 NS  ns1
@          3600 NS  ns2
@          3600 MX  10 mail
ns1        3600 A   192.0.2.53
ns2        3600 A   192.0.2.54
mail       3600 A   192.0.2.25
www        3600 A   192.0.2.10
text       3600 TXT "short"
alias      3600 CNAME www
big        3600 TXT {big}
only.under 3600 A   192.0.2.20
*.wild     3600 TXT "wild"
child      3600 NS  ns.child
ns.child   3600 A   192.0.2.30
""".format(big=" ".join(f'"{chr(97 + piece) * 250}"' for piece in range(8)))


@dataclass(frozen=True)
class Case:
    """One message and the reply that it gets."""

    name: str
    packet: bytes
    gets: str
    over_tcp: str = ""


def name(text: str) -> bytes:
    """Write a name, case kept."""
    return dns.name.from_text(text).to_wire()


WWW = name("www.example.com")


def question(qname: bytes | str = WWW, qtype: int = A, qclass: int = IN) -> bytes:
    """Write a question."""
    return (qname if isinstance(qname, bytes) else name(qname)) + struct.pack("!HH", qtype, qclass)


def message(*parts: bytes, flags: int = RD, counts: tuple[int, ...] = (1, 0, 0, 0)) -> bytes:
    """Write a header with these counts, whether they are true or not, and what follows it; a plain question if nothing does."""
    return struct.pack("!HHHHHH", 0x1267, flags, *counts) + b"".join(parts or (question(),))


def record(
    rtype: int, rdata: bytes, owner: bytes = b"\0", rclass: int = IN, ttl: int = 0, length: int | None = None
) -> bytes:
    """Write a record; ``length`` may tell something else than the truth."""
    return owner + struct.pack("!HHIH", rtype, rclass, ttl, len(rdata) if length is None else length) + rdata


def option(code: int, content: bytes = b"") -> bytes:
    """Write an EDNS option."""
    return struct.pack("!HH", code, len(content)) + content


def opt(*options: bytes, size: int = 1232, version: int = 0, flags: int = 0, owner: bytes = b"\0") -> bytes:
    """Write an OPT record."""
    return record(OPT, b"".join(options), owner, size, version << 16 | flags)


def edns(*options: bytes, asked: bytes = b"", size: int = 1232, version: int = 0, flags: int = 0) -> bytes:
    """Write a query with an OPT record."""
    return message(asked or question(), opt(*options, size=size, version=version, flags=flags), counts=(1, 0, 0, 1))


def subnet(family: int, source: int, scope: int, octets: bytes) -> bytes:
    """Write a client subnet option."""
    return option(SUBNET, struct.pack("!HBB", family, source, scope) + octets)


def tsig(*, algorithm: bytes = name("hmac-sha256"), rclass: int = ANY) -> bytes:
    """Write a TSIG record of a key that nobody has."""
    rdata = algorithm + struct.pack("!HIHH", 0, 1_750_000_000, 300, 32) + bytes(32) + struct.pack("!HHH", 0x1267, 0, 0)
    return record(TSIG, rdata, name("stranger.key"), rclass)


def ordinary() -> Iterator[Case]:
    """Yield questions as resolvers ask them."""
    yield Case("ask-steered", message(), PLAIN)
    yield Case("ask-case", message(question(name("wWw.ExAmPlE.cOm"))), PLAIN)
    yield Case("ask-alias", message(question("alias.example.com")), "NOERROR aa rd 1/2/0/0")
    yield Case("ask-nodata", message(question(qtype=AAAA)), NODATA)
    yield Case("ask-noname", message(question("nowhere.example.com")), NONAME)
    yield Case("ask-under-a-leaf", message(question("a.www.example.com")), NONAME)
    yield Case("ask-empty-nonterminal", message(question("under.example.com")), NODATA)
    yield Case("ask-wildcard", message(question("a.wild.example.com", TXT)), PLAIN)
    yield Case("ask-below-a-cut", message(question("a.child.example.com")), "NOERROR rd 1/0/1/1")
    yield Case("ask-any", message(question("text.example.com", ANY)), PLAIN)
    yield Case("type-666", message(question(qtype=666)), NODATA)
    yield Case("type-666-noname", message(question("nowhere.example.com", 666)), NONAME)
    for meta, gets in {
        41: "FORMERR",
        128: "FORMERR",
        249: "NOTIMP",
        250: "FORMERR",
        253: "NOTIMP",
        254: "NOTIMP",
    }.items():
        yield Case(f"type-{meta}", message(question(qtype=meta)), f"{gets} rd 1/0/0/0")
    yield Case("type-128-opt", edns(asked=question(qtype=128)), "FORMERR rd 1/0/0/0 opt ede-30")
    for outside in (".", "localhost", "example.org", "10.in-addr.arpa", "x.onion", "com"):
        yield Case(f"outside-{outside}", message(question(outside)), REFUSED)
    yield Case("outside-opt", edns(asked=question("example.org")), f"{REFUSED_OPT} ede-20")
    big = question("big.example.com", TXT)
    yield Case("big-plain", message(big), "NOERROR aa tc rd 1/0/0/0", PLAIN)
    yield Case("big-1232", edns(asked=big), "NOERROR aa tc rd 1/0/0/0 opt", WITH_OPT)
    yield Case("big-65535", edns(asked=big, size=65535), "NOERROR aa tc rd 1/0/0/0 opt", WITH_OPT)
    yield Case("transfer-axfr", message(question("example.com", 252)), REFUSED)
    yield Case("transfer-ixfr", message(question("example.com", 251)), REFUSED)


def headers() -> Iterator[Case]:
    """Yield opcodes, classes, flags and counts."""
    for opcode in (1, 2, 3, 6, 7, 15):
        yield Case(f"opcode-{opcode}", message(flags=opcode << 11 | RD), NOTIMP)
    yield Case("opcode-15-flags", message(flags=0x7FF0), NOTIMP)
    yield Case("opcode-15-header-only", message(b"", flags=15 << 11 | RD, counts=(0, 0, 0, 0)), NOTIMP)
    yield Case("opcode-notify", message(question("example.com", SOA), flags=0x2000 | RD), REFUSED)
    yield Case("opcode-update", message(question("example.com", SOA), flags=0x2800 | RD), REFUSED)
    yield Case("opcode-notify-outside", message(question("example.org", SOA), flags=0x2000 | RD), "NOTAUTH rd 1/0/0/0")
    yield Case("opcode-update-outside", message(question("example.org", SOA), flags=0x2800 | RD), "NOTAUTH rd 1/0/0/0")
    for qtype, qclass in ((A, IN), (SOA, ANY), (SOA, 254)):
        asked = question("example.com", qtype, qclass)
        yield Case(f"opcode-update-{qtype}-{qclass}", message(asked, flags=0x2800 | RD), FORMERR)
        bad = message(asked, opt(option(SUBNET)), flags=0x2800 | RD, counts=(1, 0, 0, 1))
        yield Case(f"opcode-update-{qtype}-{qclass}-ecs", bad, FORMERR)
    for qclass in (0, 2, 4, 254, 255, 65280):
        yield Case(f"class-{qclass}", message(question(qclass=qclass)), REFUSED)
    yield Case("class-ch-version.bind", message(question("version.bind", TXT, CH)), PLAIN)
    yield Case("class-ch-id.server", message(question("id.server", TXT, CH)), PLAIN)
    yield Case("class-ch-other", message(question(qclass=CH)), REFUSED)
    for flag, bit in {"aa": 0x400, "tc": 0x200, "ra": 0x80, "z": 0x40, "ad": 0x20, "cd": 0x10, "rcode": 15}.items():
        yield Case(f"flag-{flag}", message(flags=RD | bit), PLAIN)
    yield Case("flag-none", message(flags=0), "NOERROR aa 1/1/0/0")
    yield Case("qdcount-0", message(b"", counts=(0, 0, 0, 0)), FORMERR)
    yield Case("qdcount-0-opt", message(opt(), counts=(0, 0, 0, 1)), "FORMERR rd 0/0/0/0 opt")
    yield Case("qdcount-2", message(question(), question(qtype=AAAA), counts=(2, 0, 0, 0)), FORMERR)
    yield Case("qdcount-65535", message(counts=(65535, 0, 0, 0)), FORMERR)
    for flags in (QR, QR | RD, 0xFFFF, QR | 4 << 11, QR | 15 << 11):
        yield Case(f"qr-{flags:04x}", message(flags=flags), SILENCE)
    yield Case("qr-undecodable", message(b"\xc0\x0c", flags=QR), SILENCE)
    for octets in (0, 1, 11):
        yield Case(f"short-{octets}", message()[:octets], SILENCE)


def names() -> Iterator[Case]:
    """Yield names that are none, or hardly."""
    tail = struct.pack("!HH", A, IN)
    long = b"".join(bytes((63,)) + b"x" * 63 for _ in range(3))
    yield Case("name-255", message(long + b"\x3d" + b"x" * 61 + b"\0" + tail), REFUSED)
    yield Case("name-256", message(long + b"\x3e" + b"x" * 62 + b"\0" + tail), FORMERR)
    yield Case("name-127-labels", message(b"\1x" * 127 + b"\0" + tail), REFUSED)
    yield Case("name-128-labels", message(b"\1x" * 128 + b"\0" + tail), FORMERR)
    yield Case("name-octets", message(question(b"\5\0.\\\xff " + name("example.com"))), NONAME)
    yield Case("label-64", message(b"\x40" + b"x" * 64 + b"\0" + tail), FORMERR)
    yield Case("label-80", message(b"\x80" + b"x" * 64 + b"\0" + tail), FORMERR)
    yield Case("label-cut", message(b"\3ww"), FORMERR)
    yield Case("name-endless", message(b"\3www"), FORMERR)
    yield Case("name-without-type", message(name("www.example.com")), FORMERR)
    yield Case("name-half-a-class", message(question()[:-1]), FORMERR)
    yield Case("ptr-self", message(b"\xc0\x0c" + tail), FORMERR)
    yield Case("ptr-forward", message(b"\xc0\x12" + tail + name("example.com")), FORMERR)
    yield Case("ptr-header", message(b"\3www\xc0\x04" + tail), FORMERR)
    yield Case("ptr-loop", message(b"\1a\xc0\x0c" + tail), FORMERR)
    yield Case("ptr-half", message(b"\3www\xc0"), FORMERR)


def records() -> Iterator[Case]:
    """Yield messages with records behind the question, of which only OPT and TSIG are read."""
    for place in range(1, 4):
        counts = tuple(int(index in (0, place)) for index in range(4))
        yield Case(f"record-in-{place}", message(question(), record(A, bytes(4), WWW), counts=counts), PLAIN)
    yield Case("record-cut", message(question(), record(A, bytes(4), WWW)[:-1], counts=(1, 1, 0, 0)), FORMERR)
    yield Case("record-long", message(question(), record(A, b"", length=9), counts=(1, 1, 0, 0)), FORMERR)
    yield Case("record-none", message(question(), counts=(1, 65535, 65535, 65535)), FORMERR)
    yield Case("trailing-octets", message(question(), b"more"), FORMERR)
    for size in (512, 4096):
        packet = ladder(size)
        yield Case(f"ladder-{size}", packet, PLAIN)
    yield Case("tsig-stranger", message(question(), tsig(), counts=(1, 0, 0, 1)), "NOTAUTH rd 1/0/0/1 badkey")
    yield Case("tsig-opt", message(question(), opt(), tsig(), counts=(1, 0, 0, 2)), "NOTAUTH rd 1/0/0/1 opt badkey")
    yield Case("tsig-not-last", message(question(), tsig(), opt(), counts=(1, 0, 0, 2)), FORMERR)
    yield Case("tsig-in-answer", message(question(), tsig(), counts=(1, 1, 0, 0)), FORMERR)
    yield Case("tsig-class", message(question(), tsig(rclass=IN), counts=(1, 0, 0, 1)), FORMERR)
    yield Case("tsig-cut", message(question(), record(TSIG, b"\0" * 9, WWW, ANY), counts=(1, 0, 0, 1)), FORMERR)


def ladder(size: int) -> bytes:
    """Write a message whose records are owned by names of pointer to pointer, 32 of them on each way."""
    asked, parts, at, count = question(), [], 12 + len(question()), 0
    room, last = size - at, 12
    while room >= 14:
        # the data of each record is the next step of the ladder, which the next record's owner points to
        parts.append(record(TXT, struct.pack("!H", 0xC000 | last), struct.pack("!H", 0xC000 | last)))
        last = at + 12 if count % 32 else 12
        at, room, count = at + 14, room - 14, count + 1
    return message(asked, *parts, counts=(1, 0, 0, count))


def extensions() -> Iterator[Case]:
    """Yield OPT records, in and out of place."""
    for size in (0, 511, 512, 4096, 65535):
        yield Case(f"opt-size-{size}", edns(size=size), WITH_OPT)
    yield Case("opt-do", edns(flags=0x8000), f"{WITH_OPT} do")
    yield Case("opt-flags", edns(flags=0x7FFF), WITH_OPT)
    for version in (1, 255):
        yield Case(f"opt-version-{version}", edns(version=version), "BADVERS rd 1/0/0/0 opt")
    yield Case("opt-version-1-garbage", edns(b"\0\3\0\xff", version=1), "BADVERS rd 1/0/0/0 opt")
    for code in (0, 100, 26946, 65001, 65535):
        yield Case(f"opt-unknown-{code}", edns(option(code, b"whatever")), WITH_OPT)
    yield Case("opt-unknown-many", edns(*(option(65001) for _ in range(250))), WITH_OPT)
    yield Case("opt-twice", message(question(), opt(), opt(), counts=(1, 0, 0, 2)), FORMERR)
    yield Case("opt-in-answer", message(question(), opt(), counts=(1, 1, 0, 0)), FORMERR)
    yield Case("opt-in-authority", message(question(), opt(), counts=(1, 0, 1, 0)), FORMERR)
    yield Case("opt-owner", message(question(), opt(owner=WWW), counts=(1, 0, 0, 1)), FORMERR)
    yield Case("opt-option-cut", edns(b"\0\3\0"), FORMERR)
    yield Case("opt-option-long", edns(b"\0\3\0\xff"), FORMERR)
    yield Case("opt-record-long", message(question(), record(OPT, b"", length=9), counts=(1, 0, 0, 1)), FORMERR)
    yield Case("opt-before-another", message(question(), opt(), record(A, bytes(4)), counts=(1, 0, 0, 2)), WITH_OPT)
    yield Case("opt-nsid", edns(option(NSID)), f"{WITH_OPT} nsid")
    yield Case("opt-nsid-content", edns(option(NSID, b"hello")), f"{WITH_OPT} nsid")
    yield Case("opt-expire", edns(option(EXPIRE)), WITH_OPT)
    yield Case("opt-padding", edns(option(PADDING, bytes(100))), WITH_OPT)
    yield Case("opt-keepalive", edns(option(KEEPALIVE)), WITH_OPT, f"{WITH_OPT} keepalive")
    both = option(NSID) + option(COOKIE, bytes(8)) + option(EXPIRE) + subnet(1, 24, 0, b"\xc0\0\2")
    yield Case("opt-list", edns(both), f"{WITH_OPT} nsid cookie ecs")


def cookies() -> Iterator[Case]:
    """Yield cookies of every length that matters."""
    for length in (8, 16, 24, 32, 40):
        yield Case(f"cookie-{length}", edns(option(COOKIE, bytes(range(length)))), f"{WITH_OPT} cookie")
    for length in (0, 1, 4, 7, 9, 12, 15, 41, 64):
        yield Case(f"cookie-{length}", edns(option(COOKIE, bytes(length))), "FORMERR rd 1/0/0/0 opt")
    alone = message(opt(option(COOKIE, bytes(8))), counts=(0, 0, 0, 1))
    yield Case("cookie-alone", alone, "NOERROR rd 0/0/0/0 opt cookie")
    yield Case("cookie-version-1", edns(option(COOKIE, bytes(8)), version=1), "BADVERS rd 1/0/0/0 opt")
    yield Case(
        "cookie-outside", edns(option(COOKIE, bytes(8)), asked=question("example.org")), f"{REFUSED_OPT} ede-20 cookie"
    )


def subnets() -> Iterator[Case]:
    """Yield client subnets, and every way in which one can be wrong (RFC 7871 section 7.1)."""
    good = {"v4": (1, 24, 0, b"\xc0\0\2"), "v4-all": (1, 0, 0, b""), "v4-host": (1, 32, 0, b"\xc0\0\2\1")}
    good |= {"v6": (2, 56, 0, b"\x20\1\x0d\xb8\0\0\0"), "v6-all": (2, 0, 0, b""), "v4-odd": (1, 25, 0, b"\xc0\0\2\x80")}
    bad = {"family-3": (3, 8, 0, b"\1"), "family-0": (0, 24, 0, b"\xc0\0\2"), "v4-33": (1, 33, 0, bytes(5))}
    bad |= {"v6-129": (2, 129, 0, bytes(17)), "scope": (1, 24, 24, b"\xc0\0\2"), "beyond": (1, 23, 0, b"\xc0\0\3")}
    bad |= {"short": (1, 24, 0, b"\xc0\0"), "long": (1, 24, 0, b"\xc0\0\2\0"), "v6-beyond": (2, 1, 0, b"\xff")}
    for label, given in good.items():
        yield Case(f"ecs-{label}", edns(subnet(*given)), f"{WITH_OPT} ecs")
    for label, given in bad.items():
        yield Case(f"ecs-{label}", edns(subnet(*given)), "FORMERR rd 1/0/0/0 opt")
    yield Case("ecs-cut", edns(option(SUBNET, b"\0\1\x18")), "FORMERR rd 1/0/0/0 opt")
    yield Case("ecs-empty", edns(option(SUBNET)), "FORMERR rd 1/0/0/0 opt")
    yield Case("ecs-twice", edns(subnet(*good["v4"]), subnet(*good["v6"])), "FORMERR rd 1/0/0/0 opt")


CASES = tuple(case for group in (ordinary, headers, names, records, extensions, cookies, subnets) for case in group())
