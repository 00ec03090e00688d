"""Faults in words."""

import errno
import socket
import ssl

import pytest

from gtm import wrong


def untrusted(code, message="x"):
    fault = ssl.SSLCertVerificationError(1, message)
    fault.verify_code, fault.verify_message = code, message
    return fault


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connection refused"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route to 192.0.2.1"),
        (OSError(errno.ENETUNREACH, "x"), "network unreachable"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "connection reset"),
        (PermissionError(errno.EPERM, "x"), "not permitted here; look at this machine's firewall"),
        (OSError(errno.EMFILE, "x"), "too many open files here; raise the limit of open files"),
        (OSError(errno.EXDEV, "Invalid cross-device link"), "invalid cross-device link"),
        (OSError("169.254.169.254 is not to be probed"), "169.254.169.254 is not to be probed"),
        (OSError("Name not found"), "name not found"),
        (OSError("HTTP is odd"), "HTTP is odd"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (TimeoutError(), "timed out"),
        (ConnectionResetError(), "ConnectionResetError"),
        (ValueError("bad"), "ValueError: bad"),
        (ValueError(), "ValueError"),
        (untrusted(10), "certificate expired"),
        (untrusted(62), "certificate is for another name"),
        (untrusted(999, "odd thing"), "certificate is not trusted: odd thing"),
        (ssl.SSLZeroReturnError(6, "x"), "connection closed"),
        (ssl.SSLError(1, "[SSL] ASN1 lib (_ssl.c:1006)"), "certificate does not parse"),
        (ssl.SSLError(1, "[SSL: SOMETHING] something new (_ssl.c:9)"), "TLS failed: something new"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_told_in_words(fault, words):
    assert wrong(fault, "192.0.2.1") == words


def test_words_of_strangers_stay_on_one_short_line():
    said = wrong(OSError("a\r\n\x1b[31mb" + "c" * 500))
    assert said.startswith("a [31mbccc")
    assert said.endswith("c…")
    assert len(said) <= 201
