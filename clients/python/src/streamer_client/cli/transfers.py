"""``upload``, ``download``, ``types``."""

import argparse
import re
from pathlib import Path

from streamer_client.cli.bars import Bar, progress_bar
from streamer_client.cli.context import connected, print_json
from streamer_client.cli.exits import SUCCESS, UsageError
from streamer_client.errors import NotFound
from streamer_client.files.download import OnBytes
from streamer_client.typegen import python, typescript
from streamer_client.typegen.schema import read_action

_REQUEST_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def upload(options: argparse.Namespace) -> int:
    path = Path(options.path)
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    async with connected(options) as client:
        with progress_bar(wanted=not options.quiet) as bar:
            dataset = await client.upload(path, name=options.name, on_bytes=_on_bytes(bar, path.name))
    print_json(dataset) if options.json else print(dataset["dataset_id"])
    return SUCCESS


async def download(options: argparse.Namespace) -> int:
    is_request = _REQUEST_ID.fullmatch(options.what) is not None
    if not is_request and "/" not in options.what:
        raise UsageError("Name a request by its id, or a file by its URL")
    async with connected(options) as client:
        files = [options.what]
        if is_request:
            files = [artifact async for artifact in client.artifacts(options.what)]
        if not files:
            raise NotFound("This request has no files", code="NOT_FOUND")
        if len(files) > 1 and not Path(options.path).is_dir():
            raise UsageError(f"The request has {len(files)} files: name a folder that exists, for all of them")
        for file in files:
            with progress_bar(wanted=not options.quiet) as bar:
                path = await client.download(file, options.path, on_bytes=_on_bytes(bar, "download"))
            print_json({"path": str(path)}) if options.json else print(path)
    return SUCCESS


async def types(options: argparse.Namespace) -> int:
    async with connected(options) as client:
        actions = [read_action(description) for description in await client.actions()]
    write = python.write if options.language == "python" else typescript.write
    print(write(actions), end="")
    return SUCCESS


def _on_bytes(bar: Bar, name: str) -> OnBytes:
    return lambda done, total: bar.show(100 * done / total if total else 0, name)
