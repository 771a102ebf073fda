"""Are there known weaknesses in what the lock installs? Asks the index's advisories.

Where no advisories can be had, without a network or from an index that keeps none, this says so and
lets the check go on: what cannot be asked is not a mistake in the code.
"""

import re
import subprocess
import sys
from typing import Final

_COMMAND: Final = (
    *(sys.executable, "-m", "pip_audit", "--requirement", "requirements.lock", "--disable-pip"),
    *("--require-hashes", "--progress-spinner", "off", "--timeout", "10"),
)
_LONGEST_SECONDS: Final = 120
_UNREACHABLE: Final = re.compile(
    r"connection|timed? ?out|resolve|max retries|service", re.IGNORECASE
)


def main() -> int:
    """0 when nothing is known, or nobody could be asked; else what the audit answered."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and constants
            _COMMAND, capture_output=True, text=True, check=False, timeout=_LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        sys.stdout.write("advisories: NOT ASKED, the index did not answer in time\n")
        return 0
    if done.returncode and "known vulnerabilit" not in done.stderr + done.stdout:
        if not _UNREACHABLE.search(done.stderr):
            sys.stdout.write(done.stderr)
            return done.returncode
        sys.stdout.write("advisories: NOT ASKED, the index keeps none or cannot be reached\n")
        return 0
    skipped = done.stdout.count("could not be audited")
    sys.stdout.write(done.stdout if done.returncode else "")
    sys.stdout.write(done.stderr.strip() + f" ({skipped} packages could not be asked about)\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
