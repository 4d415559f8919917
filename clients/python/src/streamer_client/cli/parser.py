"""The command line."""

import argparse

from streamer_client.events import ENDED_STATUSES

_EPILOG = """\
example:
  export STREAMER_URL=https://streamer.example.org
  streamer --token-file ~/.streamer-token run echo '{"message": "hello"}'

exit codes:
  0    success
  1    the request failed, was cancelled or was refused
  2    the command line cannot be used
  3    the service cannot be reached, or does not accept the token
  4    the request completed, but some of its items failed
  130  interrupted by Ctrl-C

'streamer COMMAND --help' explains a command."""


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="streamer",
        description="Use a Streamer service from a shell: send requests, follow them, fetch their files.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(url=None, token_file=None, transport="auto", connect_timeout=30.0, json=False, quiet=False)
    _add_general(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")

    _add_request(command("run", "have an action done, wait for its end, and print its result"))
    _add_request(command("submit", "send a request, and print its id without waiting for its end"))
    _add_follow(command("follow", "wait for the end of a request, and print its result"))
    _add_list(command("list", "list your requests, newest first"))
    cancel = command("cancel", "ask for a request to be stopped; one that has ended is left as it is")
    _add_request_id(cancel)
    _add_topic(command("topic", "print what is published to a topic, until Ctrl-C"))
    _add_upload(command("upload", "upload a table as a dataset, and print its id"))
    _add_download(command("download", "fetch all files of a request, or one file"))
    _add_types(command("types", "print the types of the actions that the token may do, for a type checker"))
    for one in commands.choices.values():
        _add_general(one)
    return parser


def _add_general(parser: argparse.ArgumentParser) -> None:
    """Add what may stand before the command as well as behind it. A default behind it would undo what stands before."""
    general = parser.add_argument_group("options of all commands", argument_default=argparse.SUPPRESS)
    general.add_argument("--url", help="address of the service, https://… or wss://… (default: $STREAMER_URL)")
    general.add_argument("--token-file", metavar="FILE", help="file that holds the token (default: $STREAMER_TOKEN)")
    general.add_argument(
        "--transport",
        choices=("auto", "websocket", "stream", "poll"),
        help="way to the service; auto takes HTTP where WebSockets do not get through (default: auto)",
    )
    general.add_argument(
        "--connect-timeout", type=float, metavar="SECONDS", help="how long to try for a first connection (default: 30)"
    )
    general.add_argument("--json", action="store_true", help="print JSON instead of text, one object a line")
    general.add_argument("--quiet", action="store_true", help="show no progress")


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="ACTION", help="name of the action, such as generate_report")
    parser.add_argument(
        "payload",
        nargs="?",
        default="{}",
        metavar="PAYLOAD",
        help="its arguments as a JSON object (default: {}); - reads it from the standard input",
    )
    parser.add_argument("--id", metavar="TEXT", help="idempotency key: sent twice with the same payload, it runs once")
    parser.add_argument(
        "--tag", action="append", dest="tags", metavar="TAG", help="text to find the request by; give it again for more"
    )
    parser.add_argument("--priority", type=int, metavar="SECONDS", help="head start in the queue (default: 0)")
    parser.add_argument(
        "--expires-in", type=float, metavar="SECONDS", help="give up if it has not started by then (default: never)"
    )
    parser.add_argument(
        "--metadata", metavar="JSON", help="JSON object that comes back with the request as it was sent"
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="run it, even if the result of an equal request is known"
    )


def _add_follow(parser: argparse.ArgumentParser) -> None:
    _add_request_id(parser)
    parser.add_argument(
        "--after-seq", type=int, default=0, metavar="NUMBER", help="leave out the events up to this number (default: 0)"
    )


def _add_request_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request_id", metavar="REQUEST_ID", help="id of the request, as 'streamer list' prints it")


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--status",
        choices=sorted({"pending", "processing", "retrying", *ENDED_STATUSES}),
        help="only requests in this status",
    )
    parser.add_argument("--action", help="only requests for this action")
    parser.add_argument("--tag", help="only requests that have this tag")
    parser.add_argument("--limit", type=_count, default=20, help="list at most LIMIT requests (default: %(default)d)")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it is a whole number from 1 on")
    return int(text)


def _add_topic(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="name of the topic, such as tenant.acme.prices")
    parser.add_argument(
        "--after-seq",
        type=int,
        metavar="NUMBER",
        help="begin behind this number; 0 for all that is kept (default: what comes from now on)",
    )


def _add_upload(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="file to upload: CSV, TSV, JSON Lines, Parquet or Excel")
    parser.add_argument("--name", help="name of the dataset, which payloads use (default: made from the file's name)")


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", metavar="REQUEST_ID|URL", help="id of a request, for all its files, or the URL of one file"
    )
    parser.add_argument(
        "path",
        nargs="?",
        default=".",
        metavar="PATH",
        help="folder to put them in, or name of the new file (default: here)",
    )


def _add_types(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(language="typescript")
    language = parser.add_mutually_exclusive_group()
    for name, title in (("python", "Python"), ("typescript", "TypeScript (default)")):
        language.add_argument(f"--{name}", dest="language", action="store_const", const=name, help=f"as {title}")
