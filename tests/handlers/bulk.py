"""More of the zoo, to be run in bulk: each keeps a record of its items, or does what a test asks for at one."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from jobs.handler import AttemptLost, Context, Handler, Payload, Permanent
from jobs.requests.cancellation import request_cancel


class Ledger:
    """The words that ``zoo_note`` was given in this process, and its orders for certain words."""

    words: ClassVar[list[str]] = []
    ids: ClassVar[list[UUID]] = []
    at_word: ClassVar[dict[str, Callable[[], object]]] = {}
    die_at: ClassVar[str | None] = None
    poison: ClassVar[frozenset[str]] = frozenset()
    """The words at which the process dies, each time."""
    wait_for_stop: ClassVar[str | None] = None

    @classmethod
    def cancel_in(cls, word: str, request_id: UUID) -> None:
        """Have a request be cancelled while this word's item runs: the item waits until it is told to stop."""
        # Not while the item before runs: the worker may then see the flag before this one begins.
        cls.at_word[word] = lambda: request_cancel(request_id)
        cls.wait_for_stop = word

    @classmethod
    def clear(cls) -> None:
        cls.words.clear()
        cls.ids.clear()
        cls.at_word.clear()
        cls.die_at = cls.wait_for_stop = None
        cls.poison = frozenset()


class WordPayload(Payload):
    word: str


class Note(Handler[WordPayload]):
    """Write a word down."""

    action = "zoo_note"
    estimated_seconds = 0.01

    def run(self, payload: WordPayload, context: Context) -> Mapping[str, Any]:
        Ledger.words.append(payload.word)
        Ledger.ids.append(context.request_id)
        if payload.word in Ledger.at_word:
            Ledger.at_word.pop(payload.word)()
        if payload.word == Ledger.die_at or payload.word in Ledger.poison:
            raise AttemptLost  # as if the process had ended: nothing more is written
        while payload.word == Ledger.wait_for_stop:
            context.check()
            time.sleep(0.01)
        return {"word": payload.word}


class ItemFile(Handler[WordPayload]):
    """Make a file of a word; of the word "none" too, but fail then."""

    action = "zoo_item_file"
    estimated_seconds = 0.01

    def run(self, payload: WordPayload, context: Context) -> Mapping[str, Any]:
        with context.save_artifact("item.txt", "text/plain") as saved:
            saved.file.write(payload.word.encode())
        if payload.word == "none":
            raise Permanent("Nothing to write")
        return {"size_bytes": saved.size_bytes}
