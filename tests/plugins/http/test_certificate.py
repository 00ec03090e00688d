"""What is said of certificates; the oracle is the library that issued them."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from gtm_plugins.http.certificate import doubt, read
from gtm_plugins.http.progress import Failed

ENDS = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def der():
    issued = trustme.CA().issue_cert("www.example.com", not_before=ENDS - timedelta(90), not_after=ENDS)
    return ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (timedelta(days=30), ""),
        (timedelta(days=14), ""),
        (timedelta(days=13, hours=23), "certificate for www.example.com ends in 13 days, on 2026-11-27"),
        (timedelta(days=1, hours=2), "certificate for www.example.com ends in 1 day, on 2026-11-27"),
        (timedelta(hours=2), "certificate for www.example.com ends within a day, on 2026-11-27"),
        (timedelta(seconds=-1), "certificate for www.example.com expired on 2026-11-27"),
    ],
    ids=str,
)
def test_the_end_is_told_in_days(before, wanted, der):
    assert doubt(read(der), (ENDS - before).timestamp(), 14) == wanted


def test_a_certificate_is_read_as_it_was_issued(der):
    issued = x509.load_der_x509_certificate(der)
    found = read(der)
    assert (found.names, found.ends) == ("www.example.com", issued.not_valid_after_utc.timestamp())


def test_the_common_name_stands_in_where_there_are_no_others():
    pem = trustme.CA(organization_name="House", organization_unit_name="Cellar").cert_pem.bytes().decode()
    assert read(ssl.PEM_cert_to_DER_cert(pem)).names == "no name"


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x30\x82\x01\x00junk"])
def test_what_is_no_certificate_does_not_parse(junk):
    with pytest.raises(Failed, match=r"^certificate does not parse$"):
        read(junk)


@given(data=st.data())
def test_a_damaged_certificate_is_read_or_does_not_parse(der, data):
    place = data.draw(st.integers(0, len(der) - 1))
    damaged = der[:place] + data.draw(st.binary(max_size=3)) + der[place + data.draw(st.integers(0, 4)) :]
    with contextlib.suppress(Failed):
        read(damaged)
