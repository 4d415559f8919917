"""The part of ``test_lab`` that runs in an enclosure: faults of the network between hosts, each seen from one."""

import sys
import tempfile
from pathlib import Path

from tests.hosts import enclosure
from tests.hosts.lab import Host, Lab
from tests.hosts.servers import await_that

_PORT = 8080
_FETCH = "import sys, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(sys.argv[1], timeout=1).read()"


def main() -> None:
    enclosure.furnish()
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder) / "lab") as lab:
        one, two, three = (lab.add(name) for name in ("one", "two", "three"))
        two.start("http", [sys.executable, "-m", "http.server", str(_PORT), "--bind", two.address])
        await_that(lambda: _reaches(one, two), "the first host reaches the second")
        print("name", one.run(["hostname"]).strip())
        two.cut()
        print("cut", _reaches(one, two))
        two.connect()
        await_that(lambda: _reaches(one, two), "the host is back")
        one.part_from(two)
        print("parted", _reaches(one, two))
        await_that(lambda: _reaches(three, two), "another host reaches the second meanwhile")
        print("still parted", _reaches(one, two))
        one.meet(two)
        await_that(lambda: _reaches(one, two), "the two hosts meet again")
        one.slow_down(64)
        await_that(lambda: _reaches(one, two), "the first host reaches the second slowly")
        one.speed_up()
        two.lose_power()
        print("without power", _reaches(three, two))
        two.return_power()
        await_that(lambda: _reaches(three, two), "what ran on the host runs again")


def _reaches(host: Host, other: Host) -> bool:
    fetched = host.attempt([sys.executable, "-c", _FETCH, f"http://{other.address}:{_PORT}/"])
    return fetched.returncode == 0


if __name__ == "__main__":
    main()
