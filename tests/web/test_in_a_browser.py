"""The loyalty page in a real browser, on a phone and on a desk: a shopper redeems a reward.

A planted bug this has caught: a policy that forbids the page's own form.
"""

import http.client
import json
from contextlib import closing
from pathlib import Path

from tests.faults.servers import Installation, free_port, live_for
from tests.programs import lion_rewards, put
from tests.web.chrome import chromium, opened
from tests.worlds import world_on

KIM = {"merchant_id": "1001", "email": "kim@example.com"}
SIZES = {"phone": (390, 844), "desk": (1280, 800)}


def test_a_shopper_redeems_a_reward(database_url: str, tmp_path: Path) -> None:
    chromium()
    document = lion_rewards()
    put("rewards.0.description", "On everything in the shop")(document)
    with world_on(database_url, document) as world:
        key = world.tenant.key
    installation = Installation(
        database_url=database_url, folder=tmp_path, port=free_port(), secret_key=b"k" * 32
    )

    def post(path: str, body: object) -> bytes:
        headers = {"authorization": f"Bearer {key}"}
        port = installation.port
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            read = answer.read()
            assert answer.status == 201, read
            return read

    def shop() -> None:
        opening = {"channel": "lion_app", "customer": KIM}
        session = json.loads(post("/v2/sites/1/webviews/sessions", opening))["webview_session"]
        post("/v2/customers/1001/points", {"points": 750, "reason": "Welcome back"})
        with opened(tmp_path) as chrome:
            chrome.resize(*SIZES["phone"])
            chrome.go(session["url"])
            assert "850 points" in chrome.see("document.body.innerText")
            assert chrome.see("document.scripts.length") == 0
            assert chrome.see("document.documentElement.scrollWidth") <= 390
            chrome.click("form button[aria-label='Redeem: $5 discount']")
            chrome.wait_for("!!document.querySelector('#result .code')")
            code = chrome.see("document.querySelector('#result .code').innerText")
            assert len(code) >= 8
            chrome.tell("Page.reload")
            chrome.wait_for("!!document.querySelector('#result .code')")
            assert "350 points" in chrome.see("document.querySelector('.balance').innerText")
            assert chrome.see("document.querySelectorAll('.rows .code:not(.link)').length") == 1
            assert chrome.problems == []
            for name, size in SIZES.items():
                for dark in (False, True):
                    chrome.resize(*size, dark=dark)
                    shot = chrome.shoot(f"webview-{name}-{'dark' if dark else 'light'}")
                    print(f"screenshot: {shot}")  # noqa: T201 - says where the artefact is

    live_for(installation, shop)
