"""``run``, ``submit``, ``follow``, ``list``, ``cancel``."""

import argparse
import sys

from streamer_client.cli.bars import Bar, progress_bar
from streamer_client.cli.context import connected, print_json, read_object
from streamer_client.cli.exits import SUCCESS, WITH_FAILURES
from streamer_client.errors import NotFound, ValidationFailed
from streamer_client.events import Completed, Event, Progress, Retrying, Snapshot, Waiting
from streamer_client.handle import Handle
from streamer_client.options import RequestOptions

_WORDS = {"pending": "waiting", "processing": "running"}
"""Statuses that people call by another word than the wire."""


async def run(options: argparse.Namespace) -> int:
    payload, named = read_object(options.payload, "payload"), _request_options(options)
    async with connected(options) as client:
        handle = await client.submit(options.action, payload, **named)
        return await _follow_to_the_end(handle, options)


async def submit(options: argparse.Namespace) -> int:
    payload, named = read_object(options.payload, "payload"), _request_options(options)
    async with connected(options) as client:
        handle = await client.submit(options.action, payload, **named)
        if options.json:
            print_json(handle.acknowledgment)
        elif handle.request_id is not None:
            print(handle.request_id)
        else:  # an inline action has no id to ask for later
            print_json(await handle.result(), indent=2)
    return SUCCESS


async def follow(options: argparse.Namespace) -> int:
    async with connected(options) as client:
        handle = client.follow(options.request_id, after_seq=options.after_seq)
        return await _follow_to_the_end(handle, options)


async def list_requests(options: argparse.Namespace) -> int:
    shown = 0
    async with connected(options) as client:
        page_size = max(1, min(options.limit, 200))
        states = client.list(status=options.status, action=options.action, tag=options.tag, page_size=page_size)
        async for state in states:
            if shown == options.limit:
                break
            shown += 1
            print_json(state.raw) if options.json else print(_line_of(state))
    return SUCCESS


async def cancel(options: argparse.Namespace) -> int:
    async with connected(options) as client:
        await client.cancel(options.request_id)
    return SUCCESS


async def _follow_to_the_end(handle: Handle, options: argparse.Namespace) -> int:
    """Show the events as they come and print the result. Return the exit code. Raises the request's error."""
    failed_items = 0
    try:
        with progress_bar(wanted=not options.quiet and not options.json) as bar:
            async for event in handle:
                print_json(event.raw) if options.json else _show(event, bar)
                if isinstance(event, Completed | Snapshot):
                    failed_items = event.failed_items
    except (NotFound, ValidationFailed):
        raise  # there is no such request
    except BaseException:
        if handle.request_id is not None and not options.quiet:
            print(f"The request goes on; to see its end: streamer follow {handle.request_id}", file=sys.stderr)
        raise
    result = await handle.result()
    if not options.json:
        print_json(result, indent=2)
    if not failed_items:
        return SUCCESS
    if not options.json:
        print(_with_failures(failed_items), file=sys.stderr)
    return WITH_FAILURES


def _show(event: Event, bar: Bar) -> None:
    match event:
        case Progress():
            bar.show(event.percentage, event.message)
        case Waiting():
            bar.show(0, f"Waiting, {event.ahead} ahead")
        case Retrying():
            bar.show(0, f"Attempt {event.attempt} failed, another follows")


def _line_of(state: Snapshot) -> str:
    word = _WORDS.get(state.status, state.status)
    status = _with_failures(state.failed_items).lower() if state.failed_items else word
    return f"{state.request_id}  {status:<10}  {state.percentage:5.1f} %  {state.name}  {' '.join(state.tags)}"


def _with_failures(items: int) -> str:
    return f"Completed with {items:,} failure{'s' if items > 1 else ''}"


def _request_options(options: argparse.Namespace) -> RequestOptions:
    named: RequestOptions = {}
    if options.id:
        named["id"] = options.id
    if options.tags:
        named["tags"] = options.tags
    if options.priority is not None:
        named["priority"] = options.priority
    if options.expires_in is not None:
        named["expires_in"] = options.expires_in
    if options.metadata:
        named["metadata"] = read_object(options.metadata, "metadata")
    if options.no_cache:
        named["cache"] = False
    return named
