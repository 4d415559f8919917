"""The command line of the bench."""

import argparse
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.frame.bench import Bench
from benchmarks.frame.registry import SCENARIOS
from benchmarks.systems.folders import PROJECT
from benchmarks.systems.peers import PEER_SYSTEMS
from benchmarks.systems.streamer import ACTION, OtherStack, database_name, tokens

PAGE = PROJECT / "docs" / "explanation" / "performance.md"
_ROUNDS = {"short": 2, "full": 5}
_DESCRIPTION = """Measures Streamer beside its peers, prints tables, and writes them into
docs/explanation/performance.md.

What it needs is installed into var/bench at the first start. It stops all that it started, also at Ctrl-C."""


@dataclass(frozen=True)
class Options:
    """The command line, read and checked."""

    bench: Bench
    only: Sequence[str]
    """The names of the scenarios to run."""
    page: Path | None
    """The page to write into, if any."""


def read_options(arguments: Sequence[str]) -> Options:
    """Read the command line. Ends the process where it is wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    other = _other_stack(parser, given)
    database_url = None if other else given.database
    if database_url:
        try:
            database_name(database_url)
        except ValueError as error:
            parser.error(str(error))
    default_peers = () if other else tuple(peer.key for peer in PEER_SYSTEMS)
    there = [one for one in SCENARIOS if not (other and one.needs_own_stack)]
    is_full = given.set == "full"
    only = given.only or [one.name for one in there if is_full or not one.is_for_full_set]
    if unfit := [name for name in only if name not in {one.name for one in there}]:
        parser.error(f"--url cannot run: {', '.join(unfit)}")
    bench = Bench(
        rounds=given.rounds or _ROUNDS[given.set],
        is_full=is_full,
        is_brief=not is_full and given.rounds is None,
        peers=default_peers if given.peers is None else given.peers,
        database_url=database_url,
        other=other,
    )
    return Options(bench, only, None if given.no_page or other else PAGE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(_ROUNDS), default="short", help="short takes less than ten minutes")
    names = [one.name for one in SCENARIOS]
    parser.add_argument("--only", type=_some_of(names), metavar="NAMES", help=f"some of {','.join(names)}")
    keys = [peer.key for peer in PEER_SYSTEMS]
    parser.add_argument(
        "--peers", type=_some_of([*keys, "none"]), metavar="NAMES", help=f"some of {','.join(keys)}, or none"
    )
    parser.add_argument("--rounds", type=_positive, help=f"of each system; {_ROUNDS['short']}, or {_ROUNDS['full']}")
    parser.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("BENCH_DATABASE_URL"),
        help="measure PostgreSQL too; the database is deleted, so its name must contain 'bench' (BENCH_DATABASE_URL)",
    )
    parser.add_argument("--no-page", action="store_true", help="do not write into the page")
    elsewhere = parser.add_argument_group("a stack that runs elsewhere")
    elsewhere.add_argument("--url", help="of its socket, such as ws://192.0.2.1:8000/ws/")
    elsewhere.add_argument("--signing-key", default=os.environ.get("BENCH_SIGNING_KEY"), help="(BENCH_SIGNING_KEY)")
    elsewhere.add_argument(
        "--token", action="append", default=_list(os.environ.get("BENCH_TOKEN", "")), help="of one user (BENCH_TOKEN)"
    )
    return parser


def _other_stack(parser: argparse.ArgumentParser, given: argparse.Namespace) -> OtherStack | None:
    if not given.url:
        return None
    if not (given.signing_key or given.token):
        parser.error("--url needs --signing-key, or one --token or several")
    signed = tuple(given.token) or tuple(tokens(given.signing_key))
    try:
        return OtherStack(given.url, signed, _has_bench_handlers(given.url, signed[0]))
    except (OSError, ValueError) as error:
        parser.error(f"{given.url} does not answer as a Streamer: {error}")


def _has_bench_handlers(url: str, token: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss"):
        raise ValueError("the URL begins with ws:// or wss://")
    actions = parts._replace(scheme=parts.scheme.replace("ws", "http"), path="/api/actions/").geturl()
    request = urllib.request.Request(actions, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return f'"{ACTION}"' in answer.read().decode()


def _list(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _some_of(names: Sequence[str]) -> type[list[str]]:
    def read(text: str) -> list[str]:
        if unknown := [word for word in _list(text) if word not in names]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: it is none of {', '.join(names)}")
        return _list(text)

    return read  # type: ignore[return-value]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
