"""The command line."""

import argparse

from streamer_client.events import ENDED_STATUSES

_EPILOG = """exit codes: 0 success, 1 the request failed, was cancelled or was refused, 2 usage,
3 no connection or no valid token, 4 the request completed, but some of its items failed, 130 interrupted"""


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="streamer", description="Use a Streamer service.", epilog=_EPILOG)
    parser.set_defaults(url=None, token_file=None, transport="auto", connect_timeout=30.0, json=False, quiet=False)
    _add_general(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_request(commands.add_parser("run", help="have an action done, and print its result"))
    _add_request(commands.add_parser("submit", help="send a request, and print its id"))
    _add_follow(commands.add_parser("follow", help="print the events of a request, up to its end"))
    _add_list(commands.add_parser("list", help="list your requests, newest first"))
    cancel = commands.add_parser("cancel", help="ask for a request to be stopped")
    cancel.add_argument("request_id")
    _add_upload(commands.add_parser("upload", help="upload a table as a dataset"))
    _add_download(commands.add_parser("download", help="fetch the files of a request, or one file"))
    _add_types(commands.add_parser("types", help="print types of the actions, for a type checker"))
    for command in commands.choices.values():
        _add_general(command)
    return parser


def _add_general(parser: argparse.ArgumentParser) -> None:
    """Add what may stand before the command as well as behind it. A default behind it would undo what stands before."""
    general = parser.add_argument_group("of all commands", argument_default=argparse.SUPPRESS)
    general.add_argument("--url", help="the service, https://… or wss://… (default: $STREAMER_URL)")
    general.add_argument("--token-file", metavar="FILE", help="a file with the token (default: $STREAMER_TOKEN)")
    general.add_argument("--transport", choices=("auto", "websocket", "stream", "poll"), help="default: auto")
    general.add_argument("--connect-timeout", type=float, metavar="SECONDS", help="default: 30")
    general.add_argument("--json", action="store_true", help="print JSON, one object a line")
    general.add_argument("--quiet", action="store_true", help="show no progress")


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action")
    parser.add_argument("payload", nargs="?", default="{}", help="a JSON object; - reads it from the standard input")
    parser.add_argument("--id", help="the idempotency key: the same id and payload run once")
    parser.add_argument("--tag", action="append", dest="tags", metavar="TAG", help="may be given several times")
    parser.add_argument("--priority", type=int, metavar="SECONDS", help="a head start in the queue")
    parser.add_argument("--expires-in", type=float, metavar="SECONDS", help="do not start it after that")
    parser.add_argument("--metadata", metavar="JSON", help="an object that comes back as it was sent")
    parser.add_argument("--no-cache", action="store_true", help="run it, even if its result is known")


def _add_follow(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request_id")
    parser.add_argument("--after-seq", type=int, default=0, metavar="NUMBER", help="begin behind this event")


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=sorted({"pending", "processing", "retrying", *ENDED_STATUSES}))
    parser.add_argument("--action")
    parser.add_argument("--tag")
    parser.add_argument("--limit", type=int, default=20, help="default: %(default)d")


def _add_upload(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path")
    parser.add_argument("--name", help="by which payloads name it")


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="REQUEST_ID|URL", help="a request, for all its files, or the URL of one")
    parser.add_argument("path", nargs="?", default=".", help="a folder, or the new file (default: here)")


def _add_types(parser: argparse.ArgumentParser) -> None:
    language = parser.add_mutually_exclusive_group(required=True)
    language.add_argument("--python", dest="language", action="store_const", const="python")
    language.add_argument("--typescript", dest="language", action="store_const", const="typescript")
