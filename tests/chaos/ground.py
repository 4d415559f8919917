"""The stack that is hit: real processes on a data folder of its own, with the injection in all of them."""

import asyncio
import json
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from jobs.data.sample.files import sample_is_there
from streamer_site.local.stack import PROJECT_DIR, Stack
from tests.chaos.triggers import ChaosFailed, Traps

WORKERS = 3
QUICK_LEASE_SECONDS = 3.0
DEFAULT_LEASE_SECONDS = 15.0
_QUICK = {
    "STREAMER_LEASE_SECONDS": str(QUICK_LEASE_SECONDS),
    "STREAMER_CANCEL_GRACE_SECONDS": "1",
    "STREAMER_STOP_GRACE_SECONDS": "2",
    # A killed worker is back sooner.
    "STREAMER_PRELOAD": "false",
}
_INJECT = Path(__file__).resolve().parent / "inject"
_SAMPLE = PROJECT_DIR / "var" / "sample"
_EXAMINED = (0, 1)


class Ground:
    """``with Ground() as ground``: two web processes, three workers, the sweeper and Valkey; all gone afterwards."""

    def __init__(
        self,
        *,
        default_settings: bool = False,
        database_url: str = "",
        code_dir: Path | None = None,
    ) -> None:
        """Prepare the stack. ``database_url``: an empty database for it; "" is SQLite in its data folder.

        ``code_dir``: another release, to begin with. No fault can be injected then.
        """
        self.lease_seconds = DEFAULT_LEASE_SECONDS if default_settings else QUICK_LEASE_SECONDS
        self._folder = tempfile.TemporaryDirectory(prefix="streamer-chaos-", ignore_cleanup_errors=True)
        base = Path(self._folder.name)
        self.full_disk = base / "full-disk"
        """While this file exists, no artifact can be stored."""
        self.traps = Traps(base / "traps")
        self.no_names = self.traps.folder.with_name("no-names")
        """While this file exists, no name of a host resolves."""
        self._clock = base / "clock"
        self._known: set[str] = set()
        # An earlier stack may have left rows there, whose files were deleted with its folder.
        self._brings_rows = bool(database_url)
        sample = _SAMPLE if sample_is_there(_SAMPLE) else base / "sample"
        self.stack = Stack(
            base / "data",
            workers=WORKERS,
            ports=(0, 0),
            env={**self._environment(base, sample, database_url), **({} if default_settings else _QUICK)},
            inherit_settings=False,
            prepare=[] if sample_is_there(sample) else ["streamer_sample"],
            code_dir=code_dir or PROJECT_DIR,
        )
        if code_dir:
            del self.stack.env["PYTHONPATH"]

    def __enter__(self) -> Self:
        try:
            self.stack.start()
            self.traps.clear()
            if self._brings_rows:
                self._known = set(self._ask_doctor())
        except BaseException:
            self.stack.stop()
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.stop()
        self._folder.cleanup()

    @cached_property
    def signing_key(self) -> str:
        return (self.stack.data_dir / "jwt-signing-key").read_text().strip()

    @property
    def refused_file(self) -> Path:
        """The file that exists once the storage has refused one."""
        return self.full_disk.with_suffix(".refused")

    @property
    def redis_log(self) -> Path:
        """The folder of Valkey's append-only file."""
        return self.stack.data_dir / "valkey" / "appendonlydir"

    def set_clock(self, seconds: int) -> None:
        """Move the time of all processes to ``seconds`` from the real one."""
        part = self._clock.with_suffix(".part")
        part.write_text(str(seconds))
        part.rename(self._clock)

    async def examine(self) -> list[str]:
        """Return the doctor's findings in words, none when all is well. Raises ``ChaosFailed`` when it cannot look.

        Each finding is reported once: it is repaired, or else known from then on.
        """
        found = [finding for finding in await asyncio.to_thread(self._ask_doctor) if finding not in self._known]
        if found:
            self._known = set(await asyncio.to_thread(self._ask_doctor, "--fix"))
        return found

    def _ask_doctor(self, *options: str) -> list[str]:
        # Not through the stack: an exit status of 1 is an answer here, and no trap may hit the doctor.
        doctor = subprocess.run(
            [sys.executable, "manage.py", "streamer_doctor", "--json", *options],
            cwd=self.stack.code_dir,
            env={name: value for name, value in self.stack.env.items() if name != "PYTHONPATH"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if doctor.returncode not in _EXAMINED or not doctor.stdout:
            raise ChaosFailed(f"The doctor did not look:\n{doctor.stderr.strip()}")
        return [_in_words(one) for one in json.loads(doctor.stdout)["checks"] if one["finding"]]

    def _environment(self, base: Path, sample: Path, database_url: str) -> dict[str, str]:
        storage = {"location": str(base / "data" / "files"), "flag": str(self.full_disk)}
        variables = {
            "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
            "PYTHONPATH": str(_INJECT),
            "STREAMER_CHAOS_DIR": str(self.traps.folder),
            "STREAMER_HANDLERS": "tests.chaos.handlers",
            "STREAMER_SAMPLE_DIR": str(sample),
            "STREAMER_STORAGE": "tests.chaos.full_disk.FullDiskStorage",
            "STREAMER_STORAGE_OPTIONS": json.dumps(storage),
            # The clients come back at once, and heed no goodbye that asks them to wait.
            **{f"STREAMER_CONNECTS_PER_{whose}": "0" for whose in ("USER", "TENANT", "ADDRESS")},
        }
        return {**variables, "DATABASE_URL": database_url} if database_url else variables


def _in_words(check: dict[str, Any]) -> str:
    return f"{check['name']}: {check['count']} ({', '.join(check['examples'])})"
