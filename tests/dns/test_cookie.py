"""Cookies against the examples of RFC 9018 appendix A, and every way in which one is not ours."""

from ipaddress import ip_address

import pytest

from gtm.dns import cookie

SECRET = bytes.fromhex("e5e973e5a6b2a43f48e7dc849e37bfcf")
OTHER = bytes.fromhex("dd3bdf9344b678b185a6f5cb60fca715")
NEWER = bytes.fromhex("445536bcd2513298075a5d379663c962")
ADDRESS = ip_address("198.51.100.100").packed
CLIENT = bytes.fromhex("2464c4abcf10c957")
NOW = 1559731985


@pytest.mark.parametrize(
    ("secret", "address", "client", "now", "made"),
    [
        pytest.param(
            SECRET, "198.51.100.100", "2464c4abcf10c957", NOW, "010000005cf79f111f8130c3eee29480", id="A.1, learning"
        ),
        pytest.param(
            SECRET, "203.0.113.203", "fc93fc62807ddb86", 1559734700, "010000005cf7a9acf73a7810aca2381e", id="A.3"
        ),
        pytest.param(
            NEWER, "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298", 1559741961,
            "010000005cf7c609a6bb79d16625507a", id="A.4, IPv6",
        ),
    ],
)  # fmt: skip
def test_a_cookie_is_made_as_other_servers_make_it(secret, address, client, now, made):
    whole = bytes.fromhex(client + made)
    packed = ip_address(address).packed
    assert cookie.make(secret, whole[:8], packed, now).hex() == made
    assert cookie.age([OTHER, secret], whole, packed, now + 20) == 20


WHOLE = CLIENT + cookie.make(SECRET, CLIENT, ADDRESS, NOW)


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_a_cookie_with_any_octet_changed_is_none_of_ours(place):
    forged = bytearray(WHOLE)
    forged[place] ^= 1
    assert cookie.age([SECRET], bytes(forged), ADDRESS, NOW) is None


@pytest.mark.parametrize(
    ("late", "age"),
    [(3600, 3600), (3601, None), (-300, -300), (-301, None)],
    ids=["an hour", "longer", "five minutes ahead", "further ahead"],
)
def test_a_cookie_lives_for_an_hour(late, age):
    assert cookie.age([SECRET], WHOLE, ADDRESS, NOW + late) == age


def test_a_cookie_is_good_across_the_end_of_a_32_bit_clock():
    made = CLIENT + cookie.make(SECRET, CLIENT, ADDRESS, 2**32 - 10)
    assert cookie.age([SECRET], made, ADDRESS, 2**32 + 10) == 20


def test_a_cookie_is_good_for_its_address_only_and_by_a_known_secret_only():
    assert cookie.age([SECRET], WHOLE, ip_address("198.51.100.101").packed, NOW) is None
    assert cookie.age([OTHER], WHOLE, ADDRESS, NOW) is None
    assert cookie.age([], WHOLE, ADDRESS, NOW) is None


@pytest.mark.parametrize("size", range(60))
def test_a_cookie_has_8_or_16_to_40_octets(size):
    assert cookie.fits(bytes(size)) == (size == 8 or 16 <= size <= 40)
