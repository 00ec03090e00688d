"""Both dialects of records."""

import pytest

from gtm_plugins.geo.record import NOTHING, BadRecord, Found, read


@pytest.mark.parametrize(
    ("record", "found"),
    [
        pytest.param(None, NOTHING, id="no record"),
        pytest.param({}, NOTHING, id="empty record"),
        pytest.param(
            {
                "continent": {"code": "AS", "names": {"en": "Asia"}},
                "country": {"iso_code": "CN", "names": {"en": "China"}},
                "subdivisions": [{"iso_code": "BJ", "names": {"en": "Beijing"}}, {"iso_code": "XX"}],
                "city": {"names": {"de": "Peking", "en": "Beijing"}},
            },
            Found("AS", "CN", "CN-BJ", "Beijing"),
            id="GeoLite2 City",
        ),
        pytest.param(
            {"autonomous_system_number": 4134, "autonomous_system_organization": "CHINANET-BACKBONE"},
            Found(asn=4134, organization="CHINANET-BACKBONE"),
            id="GeoLite2 ASN",
        ),
        pytest.param(
            {"country": {"names": {"en": "Nowhere"}}, "registered_country": {"iso_code": "DE"}},
            NOTHING,
            id="a registered country is no place",
        ),
        pytest.param(
            {"traits": {"autonomous_system_number": 3320, "autonomous_system_organization": "Telekom"}},
            Found(asn=3320, organization="Telekom"),
            id="GeoIP2 Enterprise",
        ),
        pytest.param(
            {"country": {"iso_code": "CN"}, "subdivisions": [{"names": {"en": "Beijing"}}], "city": {"names": {}}},
            Found(country="CN"),
            id="DB-IP Lite: a subdivision without its code",
        ),
        pytest.param(
            {
                "asn": "AS15169",
                "as_name": "Google LLC",
                "country": "United States",
                "country_code": "US",
                "continent": "North America",
                "continent_code": "NA",
            },
            Found("NA", "US", asn=15169, organization="Google LLC"),
            id="IPinfo Lite",
        ),
        pytest.param(
            {"country": "DE", "country_name": "Germany", "continent": "EU", "asn": "3320"},
            Found("EU", "DE", asn=3320),
            id="IPinfo country and AS",
        ),
        pytest.param({"country_code": "de"}, Found(country="DE"), id="lower case"),
        pytest.param({"country_code": "", "country": "Germany"}, NOTHING, id="a name is no code"),
        pytest.param(
            {"country_code": "US", "region_code": "CA"}, Found(country="US", subdivision="US-CA"), id="region"
        ),
        pytest.param({"subdivision": "us-ca", "city": "LA"}, Found(subdivision="US-CA", city="LA"), id="whole code"),
        pytest.param({"region_code": "CA"}, NOTHING, id="a subdivision of no country"),
        pytest.param({"asn": 0}, NOTHING, id="AS 0 is none"),
        pytest.param({"asn": 2**32}, NOTHING, id="no such AS"),
        pytest.param({"asn": "none"}, NOTHING, id="a text that is no AS"),
    ],
)
def test_a_record_is_read_in_either_dialect(record: object, found: Found) -> None:
    assert read(record) == found


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (["DE"], "a record is of type list, not a map"),
        ({"country": {"iso_code": 49}}, '"country.iso_code" is of type int, not a text'),
        ({"country_code": 49}, '"country_code" is of type int, not a text'),
        ({"city": ["Berlin"]}, '"city" is of type list, not a text'),
        ({"asn": [1]}, '"asn" is of type list, not a number'),
        ({"asn": True}, '"asn" is of type bool, not a number'),
    ],
)
def test_a_wrong_type_is_named(record: object, message: str) -> None:
    with pytest.raises(BadRecord) as caught:
        read(record)
    assert str(caught.value) == message
