"""The whole conversation with the service: one connection after another, and what survives each."""

import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal

from streamer_client.core.backlog import Backlog
from streamer_client.core.credit import Credit
from streamer_client.core.feed import Feed, FeedReader
from streamer_client.core.following import Following
from streamer_client.core.liveness import Liveness
from streamer_client.core.outbox import MAX_WAITING, Outbox, Submission
from streamer_client.core.questions import Question, Questions
from streamer_client.core.reader import Reader
from streamer_client.core.reconnect import Plan, Reconnect
from streamer_client.core.renewal import Renewal
from streamer_client.core.sendable import Limits, size_of
from streamer_client.core.ticket import Part
from streamer_client.core.topics import TopicReader, Topics
from streamer_client.errors import ConnectionStopped, StreamerError
from streamer_client.events import Message

Phase = Literal["waiting", "connecting", "open", "hanging_up", "stopped"]


class Conversation:
    """The state of a client, without I/O.

    A shell reports what happens (``connecting``, ``receive``, ``disconnected``, ``tick`` at ``deadline``) and sends
    what ``take_frames`` returns. ``phase`` says what it should do:

    * ``waiting``: open a connection at ``connect_at``, with a forced fresh token if ``needs_new_token``
    * ``connecting``, ``open``: read on
    * ``hanging_up``: close the connection, which is dead, and report that it is
    * ``stopped``: nothing, ever; ``stop_error`` says why
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        chance: Callable[[], float] = random.random,
        max_waiting: int = MAX_WAITING,
        can_renew_token: bool = False,
        backlog: Backlog | None = None,
    ) -> None:
        self.phase: Phase = "waiting"
        self.connect_at = clock()
        self.needs_new_token = False
        self.stop_error: StreamerError | None = None
        self.limits: Mapping[str, Any] = {}
        """The limits of the server, as its ``welcome`` says."""
        self._clock = clock
        self._frames: list[Message] = []
        self._goodbye: Message | None = None
        self._refusal: Message | None = None
        self._backlog = backlog or Backlog()
        self._reconnect = Reconnect(chance, can_renew=can_renew_token)
        self._liveness = Liveness(clock)
        self._credit = Credit(self._send, clock)
        self._following = Following(self._send, self._credit, clock)
        self._outbox = Outbox(self._send, self._following, clock, max_waiting=max_waiting)
        self._questions = Questions(self._send, max_waiting=max_waiting)
        self._feed = Feed(self._send, clock)
        self._topics = Topics(self._send, self._credit, clock)
        self._renewal = Renewal(self._send, clock)
        # The outbox comes first: a message that overtook its acknowledgment finds a reader then. What follows requests
        # takes every other message with a number, so what has a topic, and answers, come before it.
        self._listeners: tuple[Part, ...] = (
            *(self._outbox, self._questions, self._topics, self._following, self._feed, self._renewal),
        )
        # In this order a new connection hears them: first what is followed, then what is new.
        self._parts: tuple[Part, ...] = (
            *(self._following, self._topics, self._outbox, self._questions, self._feed, self._credit, self._renewal),
        )

    # --- what the application does -------------------------------------------------------------------------------

    def submit(self, *messages: Mapping[str, Any]) -> list[Submission]:
        """Send requests; several go in one message.

        Raises ``QueueFull``, ``ConnectionStopped``, ``ValidationFailed``.
        """
        self._refuse_if_stopped()
        named = [{"id": uuid.uuid4().hex, **message} for message in messages]
        submissions = [Submission(message, Reader(self._backlog)) for message in named]
        self._outbox.add(submissions)
        return submissions

    def withdraw(self, submission: Submission) -> None:
        """Forget a request whose answer nobody waits for."""
        self._outbox.withdraw(submission)

    def follow(self, request_id: str, *, after_seq: int = 0) -> Reader:
        """Follow a request. Raises ``ConnectionStopped``, ``ValidationFailed``."""
        self._refuse_if_stopped()
        size_of({"request_id": request_id})
        reader = Reader(self._backlog, after_seq=after_seq)
        self._following.add(request_id, reader, is_subscribed=False)
        return reader

    def take(self, reader: Reader) -> Message | None:
        """Hand out the next message of a request; None if none is here. It counts as received then."""
        message = reader.take()
        if message is not None:
            self._following.taken(reader, message)
        return message

    def leave(self, reader: Reader) -> None:
        """End the reading of a request."""
        self._following.remove(reader)

    def ask(self, message: Message, *, repeats: bool = True) -> Question:
        """Send a message that is answered once. Raises ``QueueFull``, ``ConnectionStopped``, ``ValidationFailed``.

        ``repeats``: it is sent again after a lost connection; else that fails it.
        """
        self._refuse_if_stopped()
        size_of(message)
        return self._questions.ask(message, repeats=repeats)

    def forget(self, question: Question) -> None:
        self._questions.forget(question)

    def follow_feed(self, *, cursor: str | None = None, tag: str | None = None) -> FeedReader:
        """Follow the feed. Raises ``ConnectionStopped``, and ``ValidationFailed`` beside a feed with another tag."""
        self._refuse_if_stopped()
        reader = FeedReader(cursor, tag)
        self._feed.add(reader)
        return reader

    def leave_feed(self, reader: FeedReader) -> None:
        self._feed.remove(reader)

    def follow_topic(self, topic: str, *, after_seq: int | None = None) -> TopicReader:
        """Follow a topic of the application. Raises ``ConnectionStopped``, ``ValidationFailed``."""
        self._refuse_if_stopped()
        size_of({"topic": topic})
        reader = TopicReader(self._backlog, topic, after_seq=after_seq)
        self._topics.add(reader)
        return reader

    def take_from_topic(self, reader: TopicReader) -> Message | None:
        """Hand out the next message of a topic; None if none is here. It counts as received then."""
        message = reader.take()
        if message is not None:
            self._topics.taken(reader, message)
        return message

    def leave_topic(self, reader: TopicReader) -> None:
        self._topics.remove(reader)

    def stop(self, error: StreamerError) -> None:
        """End for good: whatever waits fails with this error."""
        if self.phase == "stopped":
            return
        self.phase, self.stop_error = "stopped", error
        for part in self._parts:
            part.fail(error)

    # --- what the connection does --------------------------------------------------------------------------------

    @property
    def is_needed(self) -> bool:
        """True: somebody waits for what a connection brings. Without that, a lost one need not be replaced yet."""
        return any(part.is_busy for part in self._parts)

    @property
    def deadline(self) -> float | None:
        """The time by which ``tick`` should be called; None: only when something happens."""
        if self.phase not in ("connecting", "open"):
            return None
        deadlines = [self._liveness.deadline, *(part.deadline for part in self._parts)]
        return min((at for at in deadlines if at is not None), default=None)

    def take_frames(self) -> list[Message]:
        """Return the messages to send now, each once."""
        frames, self._frames = self._frames, []
        return frames

    def take_token_wish(self) -> bool:
        """Return True once after each ``token_expiring``: ``authenticate`` wants a fresh token."""
        return self._renewal.take_wish()

    def connecting(self) -> None:
        """Note that a connection is open; the server's ``welcome`` is to come."""
        if self.phase == "waiting":
            self.phase = "connecting"
            self.needs_new_token = False
            self._liveness.connected()

    def authenticate(self, token: str) -> None:
        """Replace the token of the open connection."""
        self._renewal.authenticate(token)

    def receive(self, message: Message, size: int = 0) -> None:
        """Take a message of ``size`` bytes."""
        if self.phase not in ("connecting", "open"):
            return
        self._liveness.heard()
        match message.get("type"):
            case "welcome":
                self._welcome(message)
            case "goodbye":
                self._goodbye = message
            case "error" if self.phase == "connecting":
                self._refusal = message.get("error")
            case str():
                any(part.receive(message, size) for part in self._listeners)

    def disconnected(self, close_code: int | None = None) -> Plan:
        """Note that the connection has ended, or could not be opened. Return what follows."""
        plan = self._reconnect.after(close_code, self._goodbye, self._refusal)
        self._goodbye = self._refusal = None
        self._frames.clear()
        self._liveness.lost()
        for part in self._parts:
            part.lost()
        if plan.stop is not None:
            self.stop(plan.stop)
        elif self.phase != "stopped":
            # Two heartbeats were waited for already.
            self._wait(0.0 if self.phase == "hanging_up" else plan.wait_seconds, needs_new_token=plan.needs_new_token)
        return plan

    def tick(self) -> None:
        """Do what is due."""
        if self.phase not in ("connecting", "open"):
            return
        verdict = self._liveness.check()
        if verdict == "dead":
            self.phase = "hanging_up"
            return
        if verdict == "ask":
            self._send({"type": "ping"})
        for part in self._parts:
            part.tick()

    # --- inside --------------------------------------------------------------------------------------------------

    def _welcome(self, message: Message) -> None:
        self.phase = "open"
        self.limits = message.get("limits") or {}
        self._outbox.limits = Limits(self.limits.get("frame_bytes"), self.limits.get("frame_containers"))
        self._reconnect.welcomed()
        self._liveness.welcomed(message.get("heartbeat_seconds"))
        for part in self._parts:
            part.resume()

    def _wait(self, seconds: float, *, needs_new_token: bool) -> None:
        self.phase = "waiting"
        self.connect_at = self._clock() + seconds
        self.needs_new_token = self.needs_new_token or needs_new_token

    def _send(self, message: Message) -> None:
        if self.phase == "open":
            self._frames.append(message)

    def _refuse_if_stopped(self) -> None:
        if self.phase == "stopped":
            raise self.stop_error or ConnectionStopped("The client is closed")
