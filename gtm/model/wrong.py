"""What went wrong, in words that a person can act on: the one wording of faults of sockets and of TLS."""

import errno
import re
import ssl
from types import MappingProxyType
from typing import Final

from gtm.model.oneline import one_line

_LONGEST: Final = 200
_NO_ROUTE: Final = "no route"
_ERRNO: Final = MappingProxyType({
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection reset",
    errno.EPIPE: "connection closed",
    errno.ETIMEDOUT: "timed out",
    errno.EHOSTUNREACH: _NO_ROUTE,
    errno.EHOSTDOWN: _NO_ROUTE,
    errno.ENETUNREACH: "network unreachable",
    errno.ENETDOWN: "network down",
    errno.EACCES: "not permitted here; look at this machine's firewall",
    errno.EPERM: "not permitted here; look at this machine's firewall",
    errno.EADDRNOTAVAIL: "no address or port of this machine is left to send from",
    errno.EAFNOSUPPORT: "this machine has no such address family",
    errno.EMFILE: "too many open files here; raise the limit of open files",
    errno.ENFILE: "too many open files here; raise the limit of open files",
    errno.ENOBUFS: "no memory left here for sockets",
    errno.ENOMEM: "no memory left here for sockets",
    errno.EMSGSIZE: "packet too large for the way there",
    errno.EINVAL: "not possible from here; look at this machine's routes",
    errno.EAGAIN: "no room left here for another process or thread",
})  # fmt: skip
# X509_V_ERR_… of OpenSSL's x509_vfy.h
_CERTIFICATE: Final = MappingProxyType({
    9: "certificate is not valid yet",
    10: "certificate expired",
    18: "certificate is signed by itself",
    19: "certificate is signed by nobody known",
    20: "certificate is signed by nobody known",
    21: "certificate is signed by nobody known",
    23: "certificate is revoked",
    62: "certificate is for another name",
    64: "certificate is for another address",
})  # fmt: skip
# reasons of OpenSSL's sslerr.h, in lower case
_TLS: Final = MappingProxyType({
    "wrong version number": "no TLS is spoken there",
    "http request": "no TLS is spoken there",
    "unexpected eof while reading": "connection closed in TLS",
    "unsupported protocol": "TLS there is older than 1.2",
    "tlsv1 alert protocol version": "TLS there is older than 1.2",
    "asn1 lib": "certificate does not parse",
    "sslv3 alert handshake failure": "TLS refused there: no cipher in common, or it asks for a certificate of ours",
    "tlsv13 alert certificate required": "TLS refused there: it asks for a certificate of ours",
    "tlsv1 unrecognized name": "TLS refused there: it serves no such name (SNI)",
})  # fmt: skip
_DRESS: Final = re.compile(r"^\[.*?\] | \(_ssl\.c:\d+\)$")


_OURS: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EAGAIN))


def is_ours(fault: BaseException) -> bool:
    """Tell whether a fault says something of this machine only, and nothing of the one that was tried."""
    return isinstance(fault, OSError) and fault.errno in _OURS


def wrong(fault: BaseException, to: str = "") -> str:
    """Say what a fault means, in one short line; ``to`` is the address that was tried, which a missing route names.

    An OSError that was made with words alone is given in these words.
    """
    if isinstance(fault, ssl.SSLCertVerificationError):
        said = _CERTIFICATE.get(fault.verify_code or 0, f"certificate is not trusted: {fault.verify_message}")
    elif isinstance(fault, ssl.SSLZeroReturnError):
        said = "connection closed"
    elif isinstance(fault, ssl.SSLError):
        reason = (getattr(fault, "reason", None) or _DRESS.sub("", _text(fault))).lower().replace("_", " ")
        said = _TLS.get(reason, f"TLS failed: {reason}")
    elif isinstance(fault, OSError) and fault.errno and fault.errno in _ERRNO:
        said = _ERRNO[fault.errno]
        said += f" to {to}" if to and said == _NO_ROUTE else ""
    elif isinstance(fault, TimeoutError):
        said = "timed out"
    elif isinstance(fault, OSError):
        said = _text(fault)
    else:
        said = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
    return one_line(said, _LONGEST)


def _text(fault: OSError) -> str:
    said = fault.strerror or str(fault)
    if not said:
        return type(fault).__name__
    return said[0].lower() + said[1:] if said[1:2].islower() else said
