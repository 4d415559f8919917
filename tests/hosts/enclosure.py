"""The namespaces of a run: its network, its mounts and its processes are its own, and the kernel ends them with it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

_TOOLS = {"ip": "iproute2", "unshare": "util-linux", "setpriv": "util-linux"}
_NAMES = Path("/run/netns")
_INSIDE = "STREAMER_LAB_INSIDE"


def is_inside() -> bool:
    return _INSIDE in os.environ


def missing_tools() -> list[str]:
    """List in words what this machine lacks for a lab."""
    missing = [f"{tool} (Debian's {package})" for tool, package in _TOOLS.items() if not shutil.which(tool)]
    if sys.platform != "linux":
        return ["Linux"]
    if os.geteuid() != 0:
        missing.append("the rights of root")
    elif not missing and not _may_enclose():
        missing.append("the right to make namespaces (in a container: --privileged)")
    return missing


def enter(module: str, arguments: Sequence[str]) -> NoReturn:
    """Run the module in namespaces of its own, in place of this process: whatever kills it ends them."""
    command = [*_enclosed(), sys.executable, "-m", module, *arguments]
    os.execvpe(command[0], command, {**os.environ, _INSIDE: "1"})


def furnish() -> None:
    """Prepare the inside: names of network namespaces that no other process sees, and a loopback."""
    _NAMES.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(_NAMES)], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def _may_enclose() -> bool:
    return subprocess.run([*_enclosed(), "true"], capture_output=True).returncode == 0


def _enclosed() -> list[str]:
    return ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
