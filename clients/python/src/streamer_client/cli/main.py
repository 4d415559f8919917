"""The entry point of the command ``streamer``."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from streamer_client.cli import exits, requests, topics, transfers
from streamer_client.cli.context import print_json
from streamer_client.cli.parser import make_parser
from streamer_client.errors import StreamerError

_COMMANDS: Mapping[str, Callable[[argparse.Namespace], Awaitable[int]]] = {
    "run": requests.run,
    "submit": requests.submit,
    "follow": requests.follow,
    "list": requests.list_requests,
    "cancel": requests.cancel,
    "topic": topics.topic,
    "upload": transfers.upload,
    "download": transfers.download,
    "types": transfers.types,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        return asyncio.run(_run(options))
    except exits.UsageError as error:
        print(f"streamer: {error}", file=sys.stderr)
        return exits.USAGE
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has enough of it
        return exits.SUCCESS
    except OSError as error:  # of a file: the client has errors of its own for the network
        print(f"streamer: {error}", file=sys.stderr)
        return exits.USAGE


async def _run(options: argparse.Namespace) -> int:
    try:
        return await _COMMANDS[options.command](options)
    except StreamerError as error:
        _tell(error, as_json=options.json)
        return exits.exit_code_of(error)


def _tell(error: StreamerError, *, as_json: bool) -> None:
    if as_json:
        body = {"code": error.code, "message": error.message, "details": error.details}
        print_json({"error": {**body, "retryable": error.retryable, "retry_after": error.retry_after}})
        return
    print(f"streamer: {error}", file=sys.stderr)
    faults = error.details.get("faults", [])
    for fault in faults if len(faults) > 1 else []:  # the message tells the first
        print(f"  {fault.get('path')}: {fault.get('message')}", file=sys.stderr)
