"""What is asked."""

import dnslib
import msgspec

from gtm.dns import codes, name
from gtm.dns.name import Name


class Question(msgspec.Struct, frozen=True):
    """A name in lower case and a record type; the class is always IN."""

    name: Name
    qtype: int

    @classmethod
    def of(cls, text: str, mnemonic: str = "A") -> "Question":
        """Build one from presentation form; ValueError when either part is wrong."""
        return cls(name.parse(text), codes.type_number(mnemonic))

    def message(self) -> dnslib.DNSRecord:
        """Give the question as a dnslib message, for a plugin that prefers one. It holds nothing of the client's packet."""
        label = dnslib.DNSLabel(name.labels(self.name))
        return dnslib.DNSRecord(q=dnslib.DNSQuestion(label, self.qtype))

    def __str__(self) -> str:
        """Show as ``www.example.com A``."""
        return f"{name.show(self.name)} {codes.type_text(self.qtype)}"
