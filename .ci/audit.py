"""Look the locked versions up among known vulnerabilities (PyPI's, by pip-audit). Fail if one has any.

Where the list of vulnerabilities cannot be reached, say so and pass.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK_FILE = Path(__file__).parents[1] / "requirements-dev.lock"
_TIMEOUT_SECONDS = 600


def main() -> int:
    try:
        packages = look_up(LOCK_FILE)
    except Unreachable as error:
        print(f"Skipped the audit: known vulnerabilities cannot be looked up here ({error})")
        return 0
    looked_up = [package for package in packages if "vulns" in package]
    bad = [package for package in looked_up if package["vulns"]]
    for package in bad:
        for fault in package["vulns"]:
            fixed = ", ".join(fault["fix_versions"]) or "no release yet"
            print(f"{package['name']} {package['version']}: {fault['id']}, fixed in {fixed}")
    print(f"Of {len(packages)} packages, {len(looked_up)} were looked up; {len(bad)} have known vulnerabilities")
    return 1 if bad else 0


class Unreachable(Exception):
    """No package could be looked up."""


def look_up(lock_file: Path) -> list[dict[str, Any]]:
    """Return pip-audit's finding for each package of a lock file. Raises ``Unreachable``."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json"]
    command += ["--disable-pip", "--require-hashes", "--requirement", str(lock_file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS)
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        raise Unreachable("no answer in time") from None
    except ValueError:
        raise Unreachable(done.stderr.strip().rpartition("\n")[2] or "no answer") from None
    if not any("vulns" in package for package in packages):
        raise Unreachable(packages[0]["skip_reason"] if packages else "the lock file is empty")
    return packages


if __name__ == "__main__":
    sys.exit(main())
