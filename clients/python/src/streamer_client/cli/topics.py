"""``topic``."""

import argparse
import sys

from streamer_client.cli.context import connected, print_json
from streamer_client.cli.exits import SUCCESS
from streamer_client.events import TopicMessage, TopicTrimmed


async def topic(options: argparse.Namespace) -> int:
    """Print what is published, until somebody interrupts it."""
    async with connected(options) as client:
        async for event in client.topic(options.name, after_seq=options.after_seq):
            if options.json:
                print_json(event.raw)
            elif isinstance(event, TopicMessage):
                print_json(event.data)
            elif isinstance(event, TopicTrimmed):
                print(f"The messages before number {event.first_seq} are not kept any more", file=sys.stderr)
    return SUCCESS
