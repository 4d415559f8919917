"""The common part of all commands: a connected client, and output."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from streamer_client.cli.exits import UsageError
from streamer_client.client import Client
from streamer_client.errors import Unavailable


@asynccontextmanager
async def connected(options: argparse.Namespace) -> AsyncIterator[Client]:
    """Open a client for a command, and wait until it is connected."""
    url = options.url or os.environ.get("STREAMER_URL")
    if not url:
        raise UsageError("Name the service: give --url, or set STREAMER_URL in the environment")
    try:
        client = Client(url, token=_token(options), transport=options.transport)
    except ValueError as error:
        raise UsageError(str(error)) from None
    async with client:
        try:
            async with asyncio.timeout(options.connect_timeout):
                await client.connect()
        except TimeoutError:
            text = f"No connection to {url} within {options.connect_timeout:g} s"
            raise Unavailable(text, code="SERVICE_UNAVAILABLE", retryable=True) from None
        yield client


def _token(options: argparse.Namespace) -> str:
    token = os.environ.get("STREAMER_TOKEN", "")
    if options.token_file:
        try:
            token = Path(options.token_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The file of the token cannot be read: {error}") from None
    token = token.strip()
    if not token:
        raise UsageError("There is no token: give --token-file, or set STREAMER_TOKEN in the environment")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageError("The token has characters that no token has: it was not copied as it is")
    return token


def read_object(text: str, what: str) -> dict[str, Any]:
    """Read a JSON object from the command line; ``-`` reads it from the standard input."""
    try:
        value = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise UsageError(f"The {what} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UsageError(f"The {what} must be a JSON object")
    return value


def print_json(value: Any, *, indent: int | None = None) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=indent, default=_plain), flush=True)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
