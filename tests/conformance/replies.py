"""A reply in one line, read by dnspython and not by us."""

import dns.edns
import dns.flags
import dns.message
import dns.rcode

from tests.conformance.messages import COOKIE, KEEPALIVE, NSID, SILENCE, SUBNET

WORDS = {KEEPALIVE: "keepalive", NSID: "nsid", COOKIE: "cookie", SUBNET: "ecs"}
FLAGS = {dns.flags.AA: "aa", dns.flags.TC: "tc", dns.flags.RD: "rd", dns.flags.RA: "ra", 0x40: "z"}
FLAGS |= {dns.flags.AD: "ad", dns.flags.CD: "cd"}


def parsed(wire: bytes) -> dns.message.Message:
    """Parse a reply to its last octet; a signature in it is not checked."""
    return dns.message.from_wire(wire, keyring=False)


def told(packet: bytes, wire: bytes | None) -> str:
    """Tell of a reply what ``Case.gets`` tells; AssertionError where it is none to this packet."""
    if wire is None:
        return SILENCE
    reply = parsed(wire)
    fits(packet, wire)
    counts = [int.from_bytes(wire[at : at + 2]) for at in (4, 6, 8, 10)]
    counts[3] -= reply.opt is not None
    words = [dns.rcode.to_text(reply.rcode()), *(word for bit, word in FLAGS.items() if reply.flags & bit)]
    words.append("/".join(map(str, counts)))
    if reply.opt is not None:
        words += ["opt", *(["do"] if reply.ednsflags & dns.flags.DO else []), *_options(reply)]
    return " ".join([*words, *(["badkey"] if reply.tsig_error == dns.rcode.BADKEY else [])])


def fits(packet: bytes, wire: bytes) -> None:
    """Check that a reply is one to this packet: identifier, QR, opcode, and the question octet for octet."""
    assert wire[:2] == packet[:2], "another identifier"
    assert wire[2] & 0x80, "not a reply"
    assert wire[2] & 0x78 == packet[2] & 0x78, "another opcode"
    if wire[4:6] != b"\0\0":
        end = 12
        while wire[end]:
            end += wire[end] + 1
        assert wire[12 : end + 5] == packet[12 : end + 5], "another question"


def _options(reply: dns.message.Message) -> list[str]:
    assert reply.edns == 0
    codes = [option.otype for option in reply.options]
    assert len(set(codes)) == len(codes), codes
    errors = [f"ede-{option.code}" for option in reply.options if isinstance(option, dns.edns.EDEOption)]
    strange = [f"option-{code}" for code in codes if code not in {*WORDS, dns.edns.EDE}]
    return errors + [word for code, word in WORDS.items() if code in codes] + strange
