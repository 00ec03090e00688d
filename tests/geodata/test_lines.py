"""The shipped catalogue says what is known of the managed service's lines."""

import re

import pytest

from gtm import Setup
from gtm_plugins.lines import LinesOptions, LinesPlugin

CATALOGUE = LinesPlugin(LinesOptions(), Setup())._catalogue
LINES = CATALOGUE.lines
FIRST_LEVEL = {
    "isp": "telecom unicom mobile edu drpeng btvn cstnet wexchange founder topway_video wasu ocn cnix bgctv",
    "cloud": "aliyun",
    "search": "search",
    "region": "internal oversea",
}
PROVINCES = {
    "dongbei": "liaoning jilin heilongjiang",
    "huabei": "beijing tianjin hebei shanxi neimenggu",
    "huadong": "shanghai jiangsu zhejiang anhui fujian jiangxi shandong",
    "huazhong": "henan hubei hunan",
    "huanan": "guangdong guangxi hainan",
    "xibei": "shannxi gansu qinghai ningxia xinjiang",
    "xinan": "chongqing sichuan guizhou yunnan xizang",
}
COUNTRIES = {"asia": 50, "euro": 51, "namerica": 41, "samerica": 14, "oceanica": 25, "africa": 58}
ATTESTED = "cn_unicom_shanxi os_namerica_us os_oceanica_au aliyun_r_ap-south-1 os_asia_hk os_asia_mo os_asia_tw"


def test_the_first_level_is_complete() -> None:
    first = {code: line.category for code, line in LINES.items() if len(line.ancestry) == 1}
    assert first == {code: category for category, codes in FIRST_LEVEL.items() for code in codes.split()}


@pytest.mark.parametrize("carrier", ["region", "telecom", "unicom", "mobile", "edu", "btvn"])
def test_provinces_stand_below_grand_regions(carrier: str) -> None:
    top = "internal" if carrier == "region" else carrier
    for region, provinces in PROVINCES.items():
        assert LINES[f"cn_{carrier}_{region}"].ancestry == (f"cn_{carrier}_{region}", top)
        for province in provinces.split():
            assert LINES[f"cn_{carrier}_{province}"].ancestry[1:] == (f"cn_{carrier}_{region}", top)


@pytest.mark.parametrize("carrier", ["drpeng", "cstnet", "wexchange", "founder"])
def test_smaller_carriers_have_provinces_alone(carrier: str) -> None:
    below = {code for code, line in LINES.items() if line.ancestry[1:] == (carrier,)}
    assert below == {f"cn_{carrier}_{province}" for names in PROVINCES.values() for province in names.split()}


@pytest.mark.parametrize("carrier", ["topway_video", "wasu", "ocn", "cnix", "bgctv"])
def test_local_carriers_have_no_lines_below(carrier: str) -> None:
    assert [code for code, line in LINES.items() if carrier in line.ancestry] == [carrier]


@pytest.mark.parametrize(("continent", "count"), COUNTRIES.items())
def test_continents_have_their_countries_and_the_others(continent: str, count: int) -> None:
    below = {code for code, line in LINES.items() if line.ancestry[1:] == (f"os_{continent}", "oversea")}
    assert f"os_{continent}_other" in below
    assert len(below) == count + 1
    assert all(re.fullmatch(rf"os_{continent}_([a-z]{{2}}|other)", code) for code in below)


def test_a_country_has_one_line() -> None:
    countries = [code[-2:] for code, line in LINES.items() if re.fullmatch(r"os_[a-z]+_[a-z]{2}", code) and line.tests]
    assert len(countries) == len(set(countries)) == sum(COUNTRIES.values())
    assert "cn" not in countries


@pytest.mark.parametrize(("country", "count"), [("os_namerica_us", 51), ("os_namerica_ca", 13), ("os_asia_in", 33)])
def test_states_are_marked_as_unverified(country: str, count: int) -> None:
    states = [line for line in LINES.values() if line.ancestry[1:2] == (country,)]
    assert len(states) == count
    assert all("unverified" in line.basis and line.tests for line in states)


@pytest.mark.parametrize("code", ATTESTED.split())
def test_attested_codes_are_known(code: str) -> None:
    assert code in LINES


def test_search_engines_have_a_line_for_each_side() -> None:
    for engine in ("google", "baidu", "biying", "sougou", "qihu", "youdao", "yahoo"):
        for side in ("cn", "os"):
            assert LINES[f"{side}_search_{engine}"].ancestry == (f"{side}_search_{engine}", engine, "search")


def test_lines_that_nobody_can_be_on_say_why() -> None:
    idle = {code for code, line in LINES.items() if line.tests is None}
    explained = {code for code in idle if "never matches" in LINES[code].basis}
    assert {"wexchange", "cnix", "yahoo", "aliyun_r_cn-hongkong"} <= explained
    assert all(explained.intersection(LINES[code].ancestry) for code in idle)


def test_only_provinces_of_carriers_and_engines_without_data_are_idle() -> None:
    idle = {code for code, line in LINES.items() if line.tests is None}
    assert not {code for code in idle if LINES[code].category == "region"}
    assert not {code for code in idle if LINES[code].ancestry[-1] in ("telecom", "unicom", "mobile", "edu")}
