"""The pages are whole, safe, small and need nothing from elsewhere."""

import gzip
import re
import shlex
from urllib.parse import urlsplit

import pytest

from tests.web.browser import SPEND, Browser

PAGES = ("/", "/docs", SPEND, "/docs/nothing")
FILES = ("/static/leal.css", "/static/reference.js", "/static/leal.svg")


@pytest.fixture(scope="module")
def browser() -> Browser:
    return Browser()


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/", SPEND])
def test_pages_are_html_with_security_headers(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(browser: Browser, path: str) -> None:
    seen = browser.see(path)
    for name, attributes in seen.elements:
        assert name != "style"
        assert not {key for key in attributes if key == "style" or key.startswith("on")}
        for key in ("href", "src", "action"):
            link = urlsplit(attributes.get(key) or "")
            assert (link.scheme, link.netloc) == ("", "")
    assert all("src" in script for script in seen.all("script"))


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_to_a_page_file_or_document(browser: Browser, path: str) -> None:
    links = [each.get("href") or each.get("src") for _, each in browser.see(path).elements]
    for link in filter(None, links):
        target = urlsplit(link)
        if target.path not in ("", "/v7/openapi.json"):
            assert browser.get(target.path).status == 200
        if target.fragment:
            named = [each.get("id") for _, each in browser.see(target.path or path).elements]
            assert target.fragment in named


@pytest.mark.parametrize("path", FILES)
def test_files_are_ours_and_name_no_other_server(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status == 200
    assert "max-age" in answer.headers["cache-control"]
    addresses = set(re.findall(rb"https?://[^\s\"')]+", answer.body))
    assert addresses <= {b"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", [*FILES, "/", "/docs", SPEND])
def test_what_the_reader_has_is_not_sent_again(browser: Browser, path: str) -> None:
    first = browser.get(path)
    again = browser.get(path, if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert browser.get(path, if_none_match='"older"').status == 200


def test_pages_are_packed_for_those_who_unpack(browser: Browser) -> None:
    packed = browser.get(SPEND, accept_encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == browser.get(SPEND).body
    assert "content-encoding" not in browser.get(SPEND, accept_encoding="identity").headers


def test_an_unknown_page_is_a_404_that_leads_on(browser: Browser) -> None:
    answer = browser.get("/docs/nothing")
    assert answer.status == 404
    assert b'href="/docs"' in answer.body


def test_files_outside_the_folder_are_not_served(browser: Browser) -> None:
    with pytest.raises(Exception, match="404"):
        browser.get("/static/pages.py")


def test_texts_of_the_document_are_never_markup(browser: Browser) -> None:
    body = browser.get(SPEND).body.decode()
    assert "<points>" not in body
    assert "Spend &lt;points&gt;" in body
    assert "Points &lt;b&gt;left&lt;/b&gt;" in body


def test_an_operation_tells_all_there_is(browser: Browser) -> None:
    text = browser.see(SPEND).text
    for told in (
        "POST",
        "/v7/customers/{merchant_id}/spend",
        "write_customers",
        "merchant_id",
        "required",
        '"web" | "pos"',
        "X-Channel",
        "422",
        "too_few",
        "Too few points",
        "optional",
    ):
        assert told in text


def test_the_menu_marks_the_page_it_is_on(browser: Browser) -> None:
    current = [each["href"] for each in browser.see(SPEND).all("a") if "aria-current" in each]
    assert current == [SPEND]


def test_the_curl_example_is_one_sound_command(browser: Browser) -> None:
    shown = browser.see(SPEND).text.partition("curlCopy")[2].partition("Try it")[0]
    words = shlex.split(shown.replace("\\\n", ""))
    assert words == [
        "curl",
        "https://loyalty.example.com/v7/customers/a%20b%2Fc/spend?channel=web",
        "-H",
        "Authorization: Bearer YOUR_KEY",
        "-H",
        "Content-Type: application/json",
        "-d",
        '{\n  "reason": "Kim\'s gift"\n}',
    ]


def test_the_trial_sends_nothing_without_its_script(browser: Browser) -> None:
    seen = browser.see(SPEND)
    form = next(each for each in seen.all("form") if each.get("class") == "trial")
    assert "hidden" in form
    assert not [each for each in (*seen.all("input"), *seen.all("textarea")) if "name" in each]
    assert {each.get("data-name") for each in seen.all("input")} >= {"merchant_id", "channel"}


def test_every_control_has_a_label(browser: Browser) -> None:
    body = browser.get(SPEND).body.decode()
    outside = re.sub(r"<label.*?</label>", "", body, flags=re.DOTALL)
    assert "<input" not in outside
    assert "<textarea" not in outside
