"""Try Streamer on several hosts: ``python -m tests.hosts``. Needs root, and Linux's network namespaces."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from itertools import groupby
from pathlib import Path

from tests.hosts import enclosure
from tests.hosts.ground import Ground
from tests.hosts.lab import LabFailed
from tests.hosts.scenarios import SCENARIOS, SHORT, Scenario
from tests.hosts.servers import postgres_folders
from tests.hosts.tables import complaints, line, markdown_table, summary
from tests.hosts.trial import Result, try_scenario

NOT_TRIED = 2
"""The exit status when the lab could not be made, or could not go on."""


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    chosen = [one for one in SCENARIOS if fnmatch(one.name, options.scenarios)]
    if options.short:
        chosen = [one for one in chosen if one.name in SHORT]
    if options.list:
        print("\n".join(one.name for one in chosen))
        return 0
    if missing := _missing():
        print(f"No lab of several hosts here. It needs {', '.join(missing)}.", file=sys.stderr)
        return NOT_TRIED
    if not enclosure.is_inside():
        enclosure.enter("tests.hosts", arguments)
    enclosure.furnish()
    try:
        return _tell(_run(chosen, options.seed, options.keep_logs), options)
    except LabFailed as error:
        print(error, file=sys.stderr)
        return NOT_TRIED


def _run(chosen: Iterable[Scenario], seed: int, logs: Path | None) -> Iterator[Result]:
    for kind, group in groupby(chosen, key=lambda scenario: scenario.kind):
        scenarios = list(group)
        if lack := kind.needs():
            yield from (Result(scenario=one, skipped=lack) for one in scenarios)
            continue
        with tempfile.TemporaryDirectory(prefix="streamer-hosts-", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)  # PostgreSQL's user has a folder in it
            place = (logs.resolve() if logs else Path(folder)) / kind.name
            with Ground(kind, place) as ground:
                for one in scenarios:
                    yield asyncio.run(try_scenario(one, ground, seed))


def _tell(results: Iterator[Result], options: argparse.Namespace) -> int:
    seen = []
    for result in results:
        seen.append(result)
        print(line(result), flush=True)
        for complaint in () if result.is_good else complaints(result):
            print(f"   {complaint}", flush=True)
    print(summary(seen))
    if options.json:
        options.json.write_text(json.dumps([result.as_json() for result in seen], indent=2) + "\n")
    if options.markdown:
        options.markdown.write_text(markdown_table(seen))
    return 0 if all(result.is_good for result in seen) else 1


def _missing() -> list[str]:
    missing = enclosure.missing_tools() if not enclosure.is_inside() else []
    return missing if postgres_folders() else [*missing, "PostgreSQL's server (Debian's postgresql)"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description=__doc__)
    parser.add_argument(
        "--scenarios", default="*", metavar="GLOB", help="run only scenarios that fit, such as 'pgbouncer*'"
    )
    parser.add_argument("--short", action="store_true", help="run one scenario only, in less than a minute")
    parser.add_argument("--list", action="store_true", help="print the names of the scenarios, and end")
    parser.add_argument("--seed", type=int, default=1, help="seed of the order in which the clients send (default: 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results to FILE, as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table to FILE, as Markdown")
    parser.add_argument(
        "--keep-logs", type=Path, metavar="FOLDER", help="keep the folders and logs of all hosts in FOLDER"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
