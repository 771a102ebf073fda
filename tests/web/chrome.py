"""A headless Chromium, driven over a pipe by its own protocol: it needs no driver, no package."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",  # the pages are our own, and containers forbid it
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)
# The protocol's pipe is at 3 and 4, wherever ours is; far up first, so that no end covers another.
_AT_THREE_AND_FOUR: Final = """
import os, sys
ends = [os.dup2(int(each), 100 + place) for place, each in enumerate(sys.argv[1:3])]
for place, each in enumerate(ends):
    os.dup2(each, 3 + place)
os.execv(sys.argv[3], sys.argv[3:])
"""
_PATIENCE_SECONDS: Final = 30.0
SHOTS: Final = Path(__file__).parents[2] / "build" / "screenshots"


def chromium() -> str:
    """Where the browser is. Without one the test is skipped, but never in CI."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        why = "there is no Chromium: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must not skip this, and {why}")
        pytest.skip(why)
    return found


class Chrome:
    """One tab. `problems` are what the browser itself complained of."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer = reader, writer
        self._read = b""
        self._sent = 0
        self._session: str | None = None
        self.problems: list[str] = []
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        attached = self.tell("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.tell(f"{domain}.enable")

    def tell(self, method: str, **how: Any) -> Any:
        """Gives a command and waits for what comes of it."""
        self._sent += 1
        message: dict[str, object] = {"id": self._sent, "method": method, "params": how}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == self._sent:
                assert "error" not in heard, heard
                return heard["result"]
            if heard.get("method") == "Log.entryAdded":
                self.problems.append(heard["params"]["entry"]["text"])

    def go(self, url: str) -> None:
        """Opens a page."""
        self.tell("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def see(self, expression: str) -> Any:
        """What an expression is on the page; the page itself runs no script."""
        told = self.tell("Runtime.evaluate", expression=expression, returnByValue=True)
        return told["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Waits until an expression is true."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while self.see(expression) is not True:
            assert time.monotonic() < until, f"never came true: {expression}"
            time.sleep(0.05)

    def click(self, selector: str) -> None:
        """Clicks on the middle of what a selector finds, as a finger would."""
        box = self.see(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            where = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
            self.tell("Input.dispatchMouseEvent", type=kind, **where)

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Makes the window so many points wide and high, by day or by night."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.tell("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])

    def shoot(self, name: str) -> Path:
        """Keeps a picture of the whole page, and says where."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        taken = self.tell("Page.captureScreenshot", captureBeyondViewport=True)
        path = SHOTS / f"{name}.png"
        path.write_bytes(base64.b64decode(taken["data"]))
        return path

    def _hear(self) -> Any:
        while b"\0" not in self._read:
            chunk = os.read(self._reader, 1 << 20)
            assert chunk, "the browser has gone"
            self._read += chunk
        message, _, self._read = self._read.partition(b"\0")
        return json.loads(message)


@contextmanager
def opened(folder: Path) -> Iterator[Chrome]:
    """A browser with nothing in its memory, gone afterwards."""
    path = chromium()
    to_read, written = os.pipe()
    read, to_write = os.pipe()
    ends = (str(to_read), str(to_write))
    own = f"--user-data-dir={folder / 'chrome'}"
    command = (sys.executable, "-c", _AT_THREE_AND_FOUR, *ends, path, *_OPTIONS, own)
    with subprocess.Popen(  # noqa: S603 - a browser that is installed, with options of our own
        command,
        pass_fds=(to_read, to_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(to_read)
        os.close(to_write)
        try:
            yield Chrome(read, written)
        finally:
            process.kill()
            os.close(read)
            os.close(written)
