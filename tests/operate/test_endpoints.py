"""A real server: whether it lives and can serve, its figures, and logs without what was sent.

Seen to fail with `scope["path"]` logged instead of the route's template.
"""

import http.client
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.faults.servers import Installation, free_port, live_for

MARK = "marked-9f3"
TOKEN = "t0ken-of-metrics-reader"


def _get(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        assert answer.getheader("server-timing") is not None
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _post(port: int, path: str, body: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("POST", path, body=body, headers={"authorization": f"Basic {MARK}"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_server_tells_its_operator_and_logs_nothing_that_was_sent(
    database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    installation = Installation(
        database_url=database_url,
        folder=tmp_path,
        port=port,
        secret_key=secrets.token_bytes(32),
        environ={"LEAL_METRICS_TOKEN": TOKEN},
    )

    def live() -> None:
        assert _get(port, "/healthz") == (200, '{"status":"alive"}')
        assert _get(port, "/readyz") == (200, '{"status":"ready"}')
        assert _get(port, "/metrics")[0] == 401
        assert _get(port, "/metrics", {"authorization": f"Bearer {MARK}"})[0] == 401
        bearer = {"authorization": f"Bearer pat_{MARK}", "x-request-id": "mine-1"}
        path = f"/headless/2025-06/1/customers/{MARK}%40x.example?channel=web&email={MARK}"
        assert _get(port, path, bearer)[0] == 401
        assert _post(port, f"/v2/customers/{MARK}/points", f'{{"reason": "{MARK}"}}') == 401
        assert _post(port, "/sign-in", f"email={MARK}&password={MARK}") in {400, 403, 404, 422}
        status, figures = _get(port, "/metrics", {"authorization": f"Bearer {TOKEN}"})
        assert status == 200
        route = "/headless/2025-06/{site_id}/customers/{merchant_id}"
        counted = f'leal_http_requests_total{{method="GET",route="{route}",status="401"}} 1.0'
        assert counted in figures.splitlines()
        assert "leal_database_up 1.0" in figures.splitlines()
        assert MARK not in figures

    live_for(installation, live)
    log = installation.log.read_text()
    assert MARK not in log
    assert TOKEN not in log
    lines = [json.loads(each) for each in log.splitlines() if each.startswith("{")]
    [ours] = [each for each in lines if each.get("request_id") == "mine-1"]
    assert {name: ours[name] for name in ("event", "method", "status", "program_id")} == {
        "event": "request",
        "method": "GET",
        "status": 401,
        "program_id": None,
    }
