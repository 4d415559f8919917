"""The conversation, for those parts of the client that await what it answers."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from streamer_client.core.conversation import Conversation
from streamer_client.core.feed import FeedReader
from streamer_client.core.outbox import Submission
from streamer_client.core.reader import Reader
from streamer_client.errors import ValidationFailed
from streamer_client.events import ENDED_STATUSES, Message, Snapshot, snapshot_of
from streamer_client.session import Session
from streamer_client.waiting import Waiter


class Talk:
    """Uses the conversation, and has the session carry out what it wants each time."""

    def __init__(self, core: Conversation, session: Session) -> None:
        self._core = core
        self._session = session

    async def submit(self, message: Message) -> Submission:
        """Send a request and wait for its answer. Raises its refusal."""
        [submission] = await self.submit_many([message])
        if submission.error is not None:
            raise submission.error
        return submission

    async def submit_many(self, messages: Sequence[Message]) -> list[Submission]:
        """Send requests in one message, and wait until each is answered or refused."""
        submissions = self._core.submit(*messages)
        self._session.touch()
        try:
            for submission in submissions:
                await Waiter(submission).until(lambda one=submission: one.is_answered)  # type: ignore[misc]
        finally:
            for submission in submissions:
                self._core.withdraw(submission)
        return submissions

    async def ask(self, message: Message, *, repeats: bool = True) -> Message:
        """Send a message and return its answer. Raises ``StreamerError``.

        ``repeats``: it is sent again after a lost connection; else that raises ``Unavailable``.
        """
        question = self._core.ask(message, repeats=repeats)
        self._session.touch()
        try:
            await Waiter(question).until(lambda: question.answer is not None or question.error is not None)
        finally:
            self._core.forget(question)
        if question.error is not None:
            raise question.error
        assert question.answer is not None
        return question.answer

    async def cancel(self, request_id: str) -> None:
        """Ask for a request to be stopped. One that has ended already is fine."""
        try:
            await self.ask({"type": "cancel", "request_id": request_id})
        except ValidationFailed as error:
            if error.details.get("status") not in ENDED_STATUSES:
                raise

    async def status(self, request_id: str) -> Snapshot:
        return snapshot_of(await self.ask({"type": "status", "request_id": request_id}))

    def follow(self, request_id: str, *, after_seq: int) -> Reader:
        reader = self._core.follow(request_id, after_seq=after_seq)
        self._session.touch()
        return reader

    def take(self, reader: Reader) -> Message | None:
        message = self._core.take(reader)
        self._session.touch()
        return message

    def leave(self, reader: Reader) -> None:
        self._core.leave(reader)
        self._session.touch()

    async def feed(self, cursor: str | None, tag: str | None) -> AsyncIterator[tuple[FeedReader, Message | None]]:
        """Yield each message of the feed with its reader; None for messages that were left out."""
        reader = self._core.follow_feed(cursor=cursor, tag=tag)
        waiter = Waiter(reader)
        self._session.touch()
        try:
            while True:
                await waiter.until(lambda: reader.has_news)
                if reader.take_truncated():
                    yield reader, None
                elif (message := reader.take()) is not None:
                    yield reader, message
                elif reader.error is not None:
                    raise reader.error
        finally:
            self._core.leave_feed(reader)
            self._session.touch()

    async def topic(self, name: str, after_seq: int | None) -> AsyncGenerator[Message, None]:
        """Yield each message of a topic of the application."""
        reader = self._core.follow_topic(name, after_seq=after_seq)
        waiter = Waiter(reader)
        self._session.touch()
        try:
            while True:
                await waiter.until(lambda: reader.has_news)
                message = self._core.take_from_topic(reader)
                self._session.touch()
                if message is not None:
                    yield message
                elif reader.error is not None:
                    raise reader.error
        finally:
            self._core.leave_topic(reader)
            self._session.touch()
