"""What a server's certificate says of itself, in words. Pure: time is an argument."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ssl import SSLCertVerificationError
from typing import Final

from cryptography import x509

from gtm import wrong

from .progress import Failed

_DAY: Final = 86400
_EXPIRED: Final = 10
_UNKNOWN: Final = frozenset({18, 19, 20, 21})
_ELSEWHERE: Final = frozenset({62, 64})  # X509_V_ERR_… of OpenSSL's x509_vfy.h
_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whom a certificate names, who signed it, and when it ends, in seconds since 1970."""

    names: str
    signer: str
    ends: float


def read(der: bytes) -> Certificate:
    """Read a certificate; Failed where it can't be."""
    try:
        found = x509.load_der_x509_certificate(der)
        signer = found.issuer.rfc4514_string()
        return Certificate(_names(found), signer, found.not_valid_after_utc.timestamp())
    except Exception as fault:  # the octets are a stranger's, and the library names no closed set of faults
        raise Failed("certificate does not parse") from fault


def doubt(certificate: Certificate, now: float, days: int) -> str:
    """Warn of a certificate that ends within some days, or has ended; nothing to say is an empty text."""
    left = certificate.ends - now
    if left < 0:
        return f"certificate for {certificate.names} expired on {_date(certificate.ends)}"
    if left >= days * _DAY:
        return ""
    whole = int(left // _DAY)
    when = f"in {whole} day{'s' if whole != 1 else ''}" if whole else "within a day"
    return f"certificate for {certificate.names} ends {when}, on {_date(certificate.ends)}"


def refusal(certificate: Certificate, fault: SSLCertVerificationError, now: float) -> str:
    """Say why OpenSSL did not trust a certificate, with what it says of itself."""
    if fault.verify_code in _ELSEWHERE:
        return f"certificate for {certificate.names}"
    if fault.verify_code == _EXPIRED and certificate.ends < now:
        return f"certificate expired on {_date(certificate.ends)}"
    if fault.verify_code in _UNKNOWN:
        return f"{wrong(fault)}; its signer is {certificate.signer}"
    return wrong(fault)


def _names(found: x509.Certificate) -> str:
    try:
        held = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [str(name.value) for name in held if isinstance(name, x509.DNSName | x509.IPAddress)]
    except x509.ExtensionNotFound:
        names = []
    names = names or [str(entry.value) for entry in found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return (", ".join(names[:_MOST]) + more) or "no name"


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
