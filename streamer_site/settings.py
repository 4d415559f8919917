"""Settings. The only module that reads the environment; ``docs/reference/settings.md`` explains every variable."""

import socket
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from jobs import conf
from jobs.data.sample.source import sample_source
from streamer_site.logs import logging_config
from streamer_site.secrets import local_secret, recorded_redis_url
from streamer_site.storage import storage_backend

env = environ.FileAwareEnv()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("STREAMER_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

# --- Django ------------------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or local_secret(DATA_DIR / "secret-key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUST_PROXY = env.bool("TRUST_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_COOKIES = env.bool("SECURE_COOKIES", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_rq",
    "rest_framework",
    "rest_framework_simplejwt",
    "streamer_site",
    "realtime",
    "jobs",
    *filter(None, dict.fromkeys(name.strip() for name in env.list("STREAMER_APPS", default=[]))),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "realtime.http.middleware.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "streamer_site.urls"
ASGI_APPLICATION = "streamer_site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
SERVESTATIC_USE_FINDERS = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGGING_CONFIG = None
logging_config(level=env.str("LOG_LEVEL", "INFO"), as_json=env.bool("LOG_JSON", not sys.stderr.isatty()))

# --- Database ----------------------------------------------------------------------------------------------------

_NO_URL = "none"
_DATABASE_URL = env.str("DATABASE_URL", _NO_URL)
DATABASES: dict[str, Any] = {
    # In a URL, characters such as + and % would not stand for themselves.
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "streamer.sqlite3")}
    if _DATABASE_URL == _NO_URL
    else env.db_url_config(_DATABASE_URL)
}
if "ENGINE" not in DATABASES["default"]:
    raise ImproperlyConfigured("DATABASE_URL is no URL of a database, such as postgres://user:password@host/name")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Without both of these, writers in several processes get "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["OPTIONS"] = {
        # A process that is stopped or cut off inside a transaction must not block all others with its locks.
        "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=15s",
        # A server that is cut off does not answer. Without these, each query to it would wait for a quarter of an hour.
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        **DATABASES["default"].get("OPTIONS", {}),
    }

# Databases that report sources may read, by alias. Streamer itself never writes to them.
for _alias, _url in env.json("STREAMER_SOURCE_DATABASES", {}).items():
    DATABASES.setdefault(_alias, env.db_url_config(_url))

# --- Redis: channel layer, wake-ups ------------------------------------------------------------------------------

# The local stack starts an embedded server on a free port and records its URL in the data folder.
REDIS_URL = env.str("REDIS_URL", "") or recorded_redis_url(DATA_DIR) or "redis://127.0.0.1:6379/0"
# redis-py 8 would end an idle subscription after 5 s of silence; 35 s is longer than any wait of Streamer.
REDIS_SOCKET_SECONDS = 35
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "realtime.delivery.layer.BoundedPubSubLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_timeout": REDIS_SOCKET_SECONDS, "socket_connect_timeout": 5}],
            "prefix": env.str("STREAMER_REDIS_PREFIX", "streamer"),
        },
    }
}
_QUEUE: dict[str, Any] = {
    "URL": REDIS_URL,
    "DEFAULT_TIMEOUT": -1,  # the handler's own timeout counts, not RQ's
    "SERIALIZER": "rq.serializers.JSONSerializer",
    "REDIS_CLIENT_KWARGS": {"socket_timeout": REDIS_SOCKET_SECONDS, "socket_connect_timeout": 5},
}
STREAMER_QUEUES = env.list("STREAMER_QUEUES", default=["default", "reports", "ml", "bulk"])
RQ_QUEUES = dict.fromkeys(STREAMER_QUEUES, _QUEUE)
RQ = {"WORKER_CLASS": "jobs.execution.worker.ShiftWorker", "COMMIT_MODE": "auto"}

# --- Tokens ------------------------------------------------------------------------------------------------------

_JWT_ALGORITHM = env.str("JWT_ALGORITHM", "HS256")
_IS_SHARED_KEY = _JWT_ALGORITHM.startswith("HS")
_LOCAL_KEY = local_secret(DATA_DIR / "jwt-signing-key") if _IS_SHARED_KEY else ""
JWT_SIGNING_KEY = env.str("JWT_SIGNING_KEY", "") or _LOCAL_KEY
# The secrets that only this host has, because no setting gives them.
STREAMER_LOCAL_SECRETS = [
    *([] if env.str("SECRET_KEY", "") else ["SECRET_KEY"]),
    *(["JWT_SIGNING_KEY"] if _IS_SHARED_KEY and not env.str("JWT_SIGNING_KEY", "") else []),
]
SIMPLE_JWT = {
    "ALGORITHM": _JWT_ALGORITHM,
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "VERIFYING_KEY": env.str("JWT_VERIFYING_KEY", ""),
    "JWK_URL": env.str("JWT_JWKS_URL", "") or None,
    "ISSUER": env.str("JWT_ISSUER", "") or None,
    "AUDIENCE": env.str("JWT_AUDIENCE", "") or None,
    "LEEWAY": timedelta(seconds=env.int("JWT_LEEWAY_SECONDS", 10)),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("JWT_ACCESS_MINUTES", 60)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("JWT_REFRESH_DAYS", 7)),
    "USER_ID_CLAIM": "sub",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["realtime.http.parsers.BoundedJSONParser", "rest_framework.parsers.FormParser"],
    "EXCEPTION_HANDLER": "realtime.http.errors.answer_failure",
    "UNAUTHENTICATED_USER": None,
    # The proxies whose forwarded address the throttle trusts. Without one, a forwarded address is the client's claim.
    "NUM_PROXIES": 1 if TRUST_PROXY else 0,
    "DEFAULT_THROTTLE_RATES": {"token": env.str("STREAMER_TOKEN_RATE", "30/min")},
}

# --- Files -------------------------------------------------------------------------------------------------------

STREAMER_STORAGE = env.str("STREAMER_STORAGE", "django.core.files.storage.FileSystemStorage")
# The names that every tool for S3 knows. Without keys, the role of the host is used.
STREAMER_S3 = {
    "access_key": env.str("AWS_ACCESS_KEY_ID", ""),
    "secret_key": env.str("AWS_SECRET_ACCESS_KEY", ""),
    "security_token": env.str("AWS_SESSION_TOKEN", ""),
    "region_name": env.str("AWS_REGION", "") or env.str("AWS_DEFAULT_REGION", ""),
    "endpoint_url": env.str("AWS_ENDPOINT_URL_S3", "") or env.str("AWS_ENDPOINT_URL", ""),
    "addressing_style": env.str("STREAMER_S3_ADDRESSING", ""),
}
STORAGES = {
    "default": storage_backend(
        STREAMER_STORAGE,
        options=env.json("STREAMER_STORAGE_OPTIONS", {}),
        s3=STREAMER_S3,
        folder=DATA_DIR / "files",
    ),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STREAMER_SCRATCH_DIR = Path(env.str("STREAMER_SCRATCH_DIR", str(DATA_DIR / conf.SCRATCH_FOLDER)))
STREAMER_PUBLIC_URL = env.str("STREAMER_PUBLIC_URL", conf.STREAMER_PUBLIC_URL)
STREAMER_ARTIFACT_DAYS = env.int("STREAMER_ARTIFACT_DAYS", conf.STREAMER_ARTIFACT_DAYS)
STREAMER_ARTIFACT_MAX_DAYS = env.int("STREAMER_ARTIFACT_MAX_DAYS", conf.STREAMER_ARTIFACT_MAX_DAYS)
STREAMER_EXPIRY_NOTICE_SECONDS = env.float("STREAMER_EXPIRY_NOTICE_SECONDS", conf.STREAMER_EXPIRY_NOTICE_SECONDS)
STREAMER_ORPHAN_SWEEP_SECONDS = env.float("STREAMER_ORPHAN_SWEEP_SECONDS", conf.STREAMER_ORPHAN_SWEEP_SECONDS)
STREAMER_DOWNLOAD_THREADS = env.int("STREAMER_DOWNLOAD_THREADS", 8)

# --- Requests ----------------------------------------------------------------------------------------------------

STREAMER_HANDLERS = env.list("STREAMER_HANDLERS", default=conf.STREAMER_HANDLERS)
STREAMER_HANDLER_PACKAGES = env.list(
    "STREAMER_HANDLER_PACKAGES", default=conf.STREAMER_HANDLER_PACKAGES
)  # the earlier name
STREAMER_BUILTIN_HANDLERS = env.list("STREAMER_BUILTIN_HANDLERS", default=conf.STREAMER_BUILTIN_HANDLERS)
STREAMER_STRICT_PAYLOADS = env.bool("STREAMER_STRICT_PAYLOADS", conf.STREAMER_STRICT_PAYLOADS)
STREAMER_INLINE_THRESHOLD_SECONDS = env.float(
    "STREAMER_INLINE_THRESHOLD_SECONDS", conf.STREAMER_INLINE_THRESHOLD_SECONDS
)
STREAMER_INLINE_THREADS = env.int("STREAMER_INLINE_THREADS", conf.STREAMER_INLINE_THREADS)
STREAMER_DATABASE_THREADS = env.int("STREAMER_DATABASE_THREADS", 4)
STREAMER_LEASE_SECONDS = env.float("STREAMER_LEASE_SECONDS", conf.STREAMER_LEASE_SECONDS)
STREAMER_CANCEL_GRACE_SECONDS = env.float("STREAMER_CANCEL_GRACE_SECONDS", conf.STREAMER_CANCEL_GRACE_SECONDS)
STREAMER_STOP_GRACE_SECONDS = env.float("STREAMER_STOP_GRACE_SECONDS", conf.STREAMER_STOP_GRACE_SECONDS)
STREAMER_SHIFT_SECONDS = env.float("STREAMER_SHIFT_SECONDS", conf.STREAMER_SHIFT_SECONDS)
STREAMER_SHIFT_REQUESTS = env.int("STREAMER_SHIFT_REQUESTS", conf.STREAMER_SHIFT_REQUESTS)
STREAMER_LINGER_SECONDS = env.float("STREAMER_LINGER_SECONDS", conf.STREAMER_LINGER_SECONDS)
STREAMER_PRELOAD = env.bool("STREAMER_PRELOAD", conf.STREAMER_PRELOAD)
STREAMER_SWEEP_RULES = [*conf.STREAMER_SWEEP_RULES, "realtime.connections.sweep_rules.SWEEP_RULES"]
STREAMER_SWEEP_SECONDS = env.float("STREAMER_SWEEP_SECONDS", conf.STREAMER_SWEEP_SECONDS)
STREAMER_RETENTION_DAYS = env.int("STREAMER_RETENTION_DAYS", conf.STREAMER_RETENTION_DAYS)
STREAMER_INLINE_RESULT_BYTES = env.int("STREAMER_INLINE_RESULT_BYTES", conf.STREAMER_INLINE_RESULT_BYTES)

# --- Bulk operations ---------------------------------------------------------------------------------------------

STREAMER_BULK_SPREAD_ITEMS = env.int("STREAMER_BULK_SPREAD_ITEMS", conf.STREAMER_BULK_SPREAD_ITEMS)
STREAMER_BULK_SHARES = env.int("STREAMER_BULK_SHARES", conf.STREAMER_BULK_SHARES)
STREAMER_ENTITIES: dict[str, Any] = env.json("STREAMER_ENTITIES", conf.STREAMER_ENTITIES)

# --- Datasets ----------------------------------------------------------------------------------------------------

STREAMER_DATASET_MAX_BYTES = env.int("STREAMER_DATASET_MAX_BYTES", conf.STREAMER_DATASET_MAX_BYTES)
STREAMER_DATASET_UNPACKED_BYTES = env.int("STREAMER_DATASET_UNPACKED_BYTES", conf.STREAMER_DATASET_UNPACKED_BYTES)
STREAMER_DATASET_QUOTA_BYTES = env.int("STREAMER_DATASET_QUOTA_BYTES", conf.STREAMER_DATASET_QUOTA_BYTES)
STREAMER_DATASET_DAYS = env.int("STREAMER_DATASET_DAYS", conf.STREAMER_DATASET_DAYS)

# --- Sources -----------------------------------------------------------------------------------------------------

STREAMER_SAMPLE_DIR = Path(env.str("STREAMER_SAMPLE_DIR", str(DATA_DIR / conf.SAMPLE_FOLDER)))
STREAMER_DEFAULT_SOURCE = env.str("STREAMER_DEFAULT_SOURCE", "sample")
STREAMER_DUCKDB_MEMORY = env.str("STREAMER_DUCKDB_MEMORY", conf.STREAMER_DUCKDB_MEMORY)
STREAMER_DUCKDB_DISK_BYTES = env.int("STREAMER_DUCKDB_DISK_BYTES", conf.STREAMER_DUCKDB_DISK_BYTES)
STREAMER_QUERY_SECONDS = env.float("STREAMER_QUERY_SECONDS", conf.STREAMER_QUERY_SECONDS)
STREAMER_FILES_DIR = env.str("STREAMER_FILES_DIR", conf.STREAMER_FILES_DIR)
STREAMER_STREAM_PREFIX = env.str("STREAMER_STREAM_PREFIX", conf.STREAMER_STREAM_PREFIX)
STREAMER_SOURCES: dict[str, Any] = {
    "sample": sample_source(STREAMER_SAMPLE_DIR),
    **env.json("STREAMER_SOURCES", {}),
}

# --- Connections -------------------------------------------------------------------------------------------------

STREAMER_SERVER_ID = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
STREAMER_ALLOWED_ORIGINS = env.list("STREAMER_ALLOWED_ORIGINS", default=[])
STREAMER_QUERY_TOKENS = env.bool("STREAMER_QUERY_TOKENS", True)
STREAMER_HEARTBEAT_SECONDS = env.int("STREAMER_HEARTBEAT_SECONDS", 20)
STREAMER_MAX_FRAME_BYTES = env.int("STREAMER_MAX_FRAME_BYTES", conf.STREAMER_MAX_FRAME_BYTES)
STREAMER_MESSAGES_PER_SECOND = env.int("STREAMER_MESSAGES_PER_SECOND", 100)
STREAMER_MESSAGE_BURST = env.int("STREAMER_MESSAGE_BURST", 200)
STREAMER_MAX_BATCH_REQUESTS = env.int("STREAMER_MAX_BATCH_REQUESTS", 100)
STREAMER_MAX_RUNNING_PER_USER = env.int("STREAMER_MAX_RUNNING_PER_USER", conf.STREAMER_MAX_RUNNING_PER_USER)
STREAMER_MAX_RUNNING_PER_TENANT = env.int("STREAMER_MAX_RUNNING_PER_TENANT", conf.STREAMER_MAX_RUNNING_PER_TENANT)
STREAMER_MAX_WAITING_PER_USER = env.int("STREAMER_MAX_WAITING_PER_USER", conf.STREAMER_MAX_WAITING_PER_USER)
STREAMER_MAX_CONNECTIONS_PER_USER = env.int("STREAMER_MAX_CONNECTIONS_PER_USER", 10)
STREAMER_CREDIT_EVENTS = env.int("STREAMER_CREDIT_EVENTS", 256)
STREAMER_CREDIT_BYTES = env.int("STREAMER_CREDIT_BYTES", 1024 * 1024)
