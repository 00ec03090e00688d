"""Where redirects lead, and what is sought in bodies."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtm import PluginFault
from gtm_plugins.http.progress import Failed
from gtm_plugins.http.search import Search, compiled
from gtm_plugins.http.site import Site, split

HERE = Site("http", "www.example.com", 8080, "/a/b?c=d")


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        (b"/x", Site("http", "www.example.com", 8080, "/x")),
        (b"x?y=z#part", Site("http", "www.example.com", 8080, "/a/x?y=z")),
        (b"", HERE),
        (b"//other.example", Site("http", "other.example", 80, "/")),
        (b"https://www.example.com/", Site("https", "www.example.com", 443, "/")),
        (b"HTTPS://User:Secret@Other.Example:444/p", Site("https", "other.example", 444, "/p")),
        (b"http://[2001:db8::1]:81/", Site("http", "2001:db8::1", 81, "/")),
        ("/bücher und mehr".encode(), Site("http", "www.example.com", 8080, "/b%C3%BCcher%20und%20mehr")),
        (b"/%41\r\nX: y", Site("http", "www.example.com", 8080, "/%41%0D%0AX:%20y")),
    ],
    ids=["path", "relative", "empty", "host", "scheme", "user", "ipv6", "letters", "lines"],
)
def test_a_redirect_leads_to_a_site(location, wanted):
    assert HERE.following(location) == wanted


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        (b"ftp://other.example/", 'redirects to "ftp", which is neither http nor https'),
        (b"file:///etc/passwd", 'redirects to "file", which is neither http nor https'),
        (b"http://:80/", 'redirects to "", which is no host'),
        (b"http://a b/", 'redirects to "a%20b", which is no host'),
        (b"http://other.example:99999/", 'redirects to "http://other.example:99999/", which is no URL'),
        (b"http://[::1/", 'redirects to "http://[::1/", which is no URL'),
        (b"http://[fe80::1%25eth0]/", 'redirects to "fe80::1%25eth0", which is no host'),
    ],
    ids=["ftp", "file", "no host", "space", "port", "bracket", "zone"],
)
def test_a_redirect_to_nowhere_says_so(location, wanted):
    with pytest.raises(Failed, match=re.escape(wanted)):
        HERE.following(location)


@given(st.binary(max_size=60) | st.text(alphabet="htp:/.@[]%#?\\ a0-", max_size=30).map(str.encode))
def test_any_location_leads_to_what_can_be_asked_or_says_why_not(location):
    try:
        site = HERE.following(location)
    except Failed:
        return
    assert re.fullmatch(r"/[!-~]*", site.path)
    assert re.fullmatch(r"[!-~]+", site.authority)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("www.example.com", "www.example.com"),
        ("www.example.com:8080", "www.example.com"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("2001:db8::1", None),
        ("[www.example.com", None),
        ("a b", None),
        ("-a.example", None),
        ("", None),
    ],
)
def test_the_host_stands_before_the_port(text, host):
    assert split(text) == host


def seek(chunks, keyword=b"needle", limit=64, matches=None):
    search = Search(keyword, matches, "needle", limit)
    for chunk in chunks:
        if search.feed(chunk):
            break
    search.conclude()


@given(st.binary(max_size=40), st.lists(st.integers(0, 60), max_size=4))
def test_a_keyword_is_found_however_the_body_is_cut(before, cuts):
    body = before + b"needle" + before
    edges = sorted(min(cut, len(body)) for cut in [0, *cuts, len(body)])
    seek([body[low:high] for low, high in pairwise(edges)], limit=200)


@pytest.mark.parametrize(
    ("chunks", "wanted"),
    [
        ([], 'body lacks "needle"'),
        ([b"Needle"], 'body lacks "needle"'),
        ([b"x" * 64 + b"needle"], 'first 64 octets of the body lack "needle"'),
        ([b"x" * 59, b"needle"], 'first 64 octets of the body lack "needle"'),
    ],
)
def test_what_a_body_lacks_within_the_limit_is_said(chunks, wanted):
    with pytest.raises(Failed, match=wanted):
        seek(chunks)


def test_a_search_ends_where_the_keyword_was_found():
    search = Search(b"ok", None, "ok", 64)
    assert [search.feed(b"o"), search.feed(b"k")] == [False, True]


def test_a_regular_expression_too_long_is_refused_before_anything_is_made_of_it():
    with pytest.raises(PluginFault, match="1001 letters; it may have 1000"):
        compiled("x" * 1001)


class TestRegularExpressions:
    """What RE2 does for us."""

    @pytest.fixture(autouse=True)
    def re2(self):
        pytest.importorskip("re2", reason="google-re2 is not installed", exc_type=ImportError)

    @pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1"])
    def test_what_re2_can_not_do_is_refused(self, pattern):
        with pytest.raises(PluginFault, match="is no regular expression of RE2: "):
            compiled(pattern)

    def test_the_whole_body_is_looked_at(self):
        seek([b"st", b"atus: fi", b"ne\n"], matches=compiled(r"(?m)^status: (ok|fine)$"))
        with pytest.raises(Failed, match="lacks"):
            seek([b"status: ill"], matches=compiled(r"status: (ok|fine)"))

    @pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a?){200}a{200}b"])
    def test_no_pattern_takes_time_without_end(self, pattern):
        with pytest.raises(Failed):
            seek([b"a" * 65536], limit=65536, matches=compiled(pattern))
