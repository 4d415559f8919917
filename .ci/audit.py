"""Look the locked versions up among known vulnerabilities (PyPI's, by pip-audit). Fail if one has any.

Where the list of vulnerabilities cannot be reached, say so and pass. An audit that fails for any other reason fails.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK_FILE = Path(__file__).parents[1] / "requirements-dev.lock"
_TIMEOUT_SECONDS = 600
_AWAY = re.compile(
    r"requests\.exceptions\.(ConnectionError|ConnectTimeout|ReadTimeout|Timeout|ProxyError|SSLError|ChunkedEncodingError)"
    r"|HTTPError: 5\d\d |Could not connect to PyPI|PyPI is not redirecting properly"
)
"""What pip-audit, or the traceback it ends with, says when the index does not answer."""


def main() -> int:
    try:
        packages = look_up(LOCK_FILE)
    except Unreachable as error:
        print(f"Skipped the audit: known vulnerabilities cannot be looked up here ({error})")
        return 0
    except AuditFailed as error:
        print(f"The audit failed: {error}")
        return 1
    looked_up = [package for package in packages if "vulns" in package]
    bad = [package for package in looked_up if package["vulns"]]
    for package in bad:
        for fault in package["vulns"]:
            fixed = ", ".join(fault["fix_versions"]) or "no release yet"
            print(f"{package['name']} {package['version']}: {fault['id']}, fixed in {fixed}")
    print(f"Of {len(packages)} packages, {len(looked_up)} were looked up; {len(bad)} have known vulnerabilities")
    return 1 if bad else 0


class Unreachable(Exception):
    """No package could be looked up, because the index is away or knows none of them."""


class AuditFailed(Exception):
    """pip-audit gave no finding, and the index is not the reason."""


def look_up(lock_file: Path) -> list[dict[str, Any]]:
    """Return pip-audit's finding for each package of a lock file. Raises ``Unreachable`` and ``AuditFailed``."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json"]
    command += ["--disable-pip", "--require-hashes", "--requirement", str(lock_file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise Unreachable("no answer in time") from None
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, TypeError, KeyError):
        last = done.stderr.strip().rpartition("\n")[2] or "it said nothing"
        if _AWAY.search(done.stderr):
            raise Unreachable(last) from None
        raise AuditFailed(f"pip-audit ended with status {done.returncode}: {last}") from None
    if not packages:
        raise AuditFailed("the lock file is empty")
    if not any("vulns" in package for package in packages):
        raise Unreachable(packages[0]["skip_reason"])
    return packages


if __name__ == "__main__":
    sys.exit(main())
