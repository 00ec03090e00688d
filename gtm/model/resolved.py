"""What a name outside our zones resolves to, as far as it is known."""

from dataclasses import dataclass
from ipaddress import ip_address

from gtm.dns import codes, name
from gtm.dns.name import Name


@dataclass(frozen=True, slots=True)
class Resolved:
    """Addresses as rdata, and the seconds for which they may be told. No address: the name, or the type there, does not exist."""

    addresses: tuple[bytes, ...]
    ttl: int

    def __str__(self) -> str:
        """Show as ``192.0.2.1, 192.0.2.2 for 60 s``."""
        return f"{', '.join(map(shown, self.addresses)) or 'no address'} for {self.ttl} s"


def subject(target: Name, qtype: int) -> str:
    """Name a target and type in facts, state and messages, such as ``lb.example.net/A``."""
    return f"{name.show(target)}/{codes.type_text(qtype)}"


def shown(rdata: bytes) -> str:
    """Show the data of an A or AAAA record."""
    return str(ip_address(rdata))
