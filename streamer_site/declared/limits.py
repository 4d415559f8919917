"""The settings of what clients may do at once, and how often."""

from typing import Final

from jobs.conf.kinds.numbers import YEAR_SECONDS, Number, Whole
from jobs.conf.kinds.objects import Object
from jobs.conf.setting import Setting

_RATE: Final = Number(0)
_COUNT = Whole(0)
_SOME = Whole(1)
_THREADS = Whole(1, 1000)
_RATES: Final = {
    "STREAMER_CONNECTS_PER_": (2.0, 100.0, 20.0),
    "STREAMER_MESSAGES_PER_": (500.0, 2_000.0, 2_000.0),
    "STREAMER_SUBMITS_PER_": (50.0, 200.0, 200.0),
    "STREAMER_UPLOAD_RATE_PER_": (2.0, 10.0, 10.0),
}

DECLARED: Final = (
    Setting("STREAMER_DATABASE_THREADS", _THREADS, 4),
    Setting("STREAMER_DOWNLOAD_THREADS", _THREADS, 8),
    Setting("STREAMER_INGEST_PROCESSES", _THREADS, 2),
    Setting("STREAMER_UPLOADS_PER_USER", _SOME, 3),
    Setting("STREAMER_BODY_BYTES_PER_SECOND", Whole(0, of="bytes"), 1024),
    # With less than a few seconds, processes that live would be taken for dead.
    Setting("STREAMER_SERVER_SILENCE_SECONDS", Number(1, YEAR_SECONDS, "seconds"), 45.0),
    Setting("STREAMER_HEARTBEAT_SECONDS", Whole(1, YEAR_SECONDS, "seconds"), 20),
    Setting("STREAMER_MAX_FRAME_CONTAINERS", _SOME, 30_000),
    Setting("STREAMER_MESSAGES_PER_SECOND", _COUNT, 100),
    Setting("STREAMER_MESSAGE_BURST", _SOME, 200),
    # A message waits in memory for each client that reads slowly.
    Setting("STREAMER_MAX_MESSAGE_BYTES", Whole(1, 1024 * 1024, "bytes"), 64 * 1024),
    Setting("STREAMER_MAX_BATCH_REQUESTS", _SOME, 100),
    Setting("STREAMER_MAX_CONNECTIONS_PER_USER", _SOME, 10),
    Setting("STREAMER_MAX_STREAMS_PER_USER", _SOME, 50),
    Setting("STREAMER_STREAM_STALL_SECONDS", Number(0, YEAR_SECONDS, "seconds", above=True), 30.0),
    *(
        Setting(f"{prefix}{whose}", _RATE, rate)
        for prefix, rates in _RATES.items()
        for whose, rate in zip(("USER", "TENANT", "ADDRESS"), rates, strict=True)
    ),
    Setting("STREAMER_TOPICS", Object('{"news.{tenant_id}": {"subscribe": true}}', as_text=True), ""),
    Setting("STREAMER_MAX_TOPICS_PER_CONNECTION", _COUNT, 100),
    Setting("STREAMER_MAX_HISTORIES_PER_TENANT", _COUNT, 1000),
    Setting("STREAMER_TOPIC_MESSAGES_PER_SECOND", _RATE, 50.0),
    Setting("STREAMER_TOPIC_MESSAGE_BYTES", Whole(1, 256 * 1024, "bytes"), 32 * 1024),
    Setting("STREAMER_CREDIT_EVENTS", _SOME, 256),
    Setting("STREAMER_CREDIT_BYTES", _SOME, 1024 * 1024),
)
