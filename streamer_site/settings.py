"""Django's settings. Every value of the environment comes declared and checked from ``streamer_site.declared``.

``docs/reference/settings.md`` explains every variable. Those that begin with ``STREAMER_`` keep their names here.
"""

import os
import re
import socket
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from environ import Env

from jobs import conf
from jobs.conf.redis_url import queue_place
from jobs.data.sample.source import sample_source
from jobs.tracing.tracer import ENDPOINTS
from realtime.page_files import keep_hashed_files
from streamer_site.channel_names import channel_prefix
from streamer_site.database import with_options
from streamer_site.declared import DECLARED
from streamer_site.diagnostics.logs import logging_config
from streamer_site.fixed_settings import APPS, CONTEXT_PROCESSORS, MIDDLEWARES
from streamer_site.secrets import local_secret, recorded_redis_url
from streamer_site.starting.environment import PREFIX, read_environment, unknown_names
from streamer_site.starting.refusal import refuse, warn_of_unknown, writing_to
from streamer_site.storage import storage_backend

_ENVIRONMENT = read_environment(DECLARED, os.environ)
if _ENVIRONMENT.faults:
    refuse(fault.line for fault in _ENVIRONMENT.faults)
warn_of_unknown(unknown_names(DECLARED, os.environ))
env = _ENVIRONMENT.values
vars().update({name: value for name, value in env.items() if name.startswith(PREFIX)})

BASE_DIR = Path(__file__).resolve().parent.parent
# What is made from here on, by this process and those it starts, is for the user it runs as and nobody else.
_UMASK: int = env["STREAMER_UMASK"]
os.umask(_UMASK)
FILE_UPLOAD_PERMISSIONS = 0o666 & ~_UMASK
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o777 & ~_UMASK
DATA_DIR: Path = (env["STREAMER_DATA_DIR"] or BASE_DIR / "var").resolve()
STREAMER_DATA_DIR = DATA_DIR
STREAMER_STATIC_DIR: Path = env["STREAMER_STATIC_DIR"] or DATA_DIR / "static"
STATIC_ROOT = STREAMER_STATIC_DIR
_IS_SHARED_KEY = env["JWT_ALGORITHM"].startswith("HS")
with writing_to(DATA_DIR, "STREAMER_DATA_DIR"):
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    SECRET_KEY: str = env["SECRET_KEY"] or local_secret(DATA_DIR / "secret-key")
    SECRET_KEY_FALLBACKS: list[str] = env["SECRET_KEY_FALLBACKS"]
    _LOCAL_KEY = local_secret(DATA_DIR / "jwt-signing-key") if _IS_SHARED_KEY else ""
    _RECORDED_REDIS_URL = recorded_redis_url(DATA_DIR)
with writing_to(STATIC_ROOT, "STREAMER_STATIC_DIR"):
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# --- Django ------------------------------------------------------------------------------------------------------

DEBUG: bool = env["DEBUG"]
ALLOWED_HOSTS: list[str] = env["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS: list[str] = env["CSRF_TRUSTED_ORIGINS"]
TRUST_PROXY: bool = env["TRUST_PROXY"]
TRUSTED_PROXIES: list[str] = env["TRUSTED_PROXIES"]
# Workers sign URLs too, so that the prefix cannot come from a proxy's header.
_PREFIX: str = env["STREAMER_PATH_PREFIX"]
FORCE_SCRIPT_NAME = _PREFIX or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{_PREFIX}/"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_COOKIES: bool = env["SECURE_COOKIES"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
X_FRAME_OPTIONS = "DENY"
STREAMER_UNBUNDLED_PAGES: bool = DEBUG if env["STREAMER_UNBUNDLED_PAGES"] is None else env["STREAMER_UNBUNDLED_PAGES"]
CONTENT_SECURITY_POLICY: str = env["CONTENT_SECURITY_POLICY"]
SECURE_SSL_REDIRECT: bool = env["SECURE_SSL_REDIRECT"]
SECURE_REDIRECT_EXEMPT = [
    rf"^({re.escape(_PREFIX[1:])}/)?(healthz|readyz|metrics)$"
]  # probes of the own network speak plain HTTP
SECURE_HSTS_SECONDS: int = env["SECURE_HSTS_SECONDS"]
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
SECURE_HSTS_PRELOAD: bool = env["SECURE_HSTS_PRELOAD"]

INSTALLED_APPS = [*APPS, *dict.fromkeys(env["STREAMER_APPS"])]
MIDDLEWARE = [*MIDDLEWARES]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [*CONTEXT_PROCESSORS]},
    }
]
ROOT_URLCONF = "streamer_site.urls"
ASGI_APPLICATION = "streamer_site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = f"{_PREFIX}/static/"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_ADD_HEADERS_FUNCTION = keep_hashed_files
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# A body that is not for a view to stream waits on disk above this size, not in memory.
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
LOGGING_CONFIG = None
logging_config(
    level=env["LOG_LEVEL"],
    as_json=not sys.stderr.isatty() if env["LOG_JSON"] is None else env["LOG_JSON"],
    shows_payloads=env["STREAMER_LOG_PAYLOADS"],
)
# OpenTelemetry's library reads the environment, where a value from a file is not.
os.environ.update({name: env[name] for name in ENDPOINTS if env[name]})
SENTRY_DSN: str = env["SENTRY_DSN"]

# --- Database ----------------------------------------------------------------------------------------------------

# In a URL, characters such as + and % would not stand for themselves.
_SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "streamer.sqlite3")}
_DATABASE: dict[str, Any] = Env.db_url_config(env["DATABASE_URL"]) if env["DATABASE_URL"] else _SQLITE
DATABASES: dict[str, Any] = {"default": with_options(_DATABASE, pooler=env["STREAMER_DATABASE_POOLER"])}

# Databases that report sources may read, by alias. Streamer itself never writes to them.
for _alias, _url in env["STREAMER_SOURCE_DATABASES"].items():
    DATABASES.setdefault(_alias, Env.db_url_config(_url))

# --- Redis: channel layer, wake-ups ------------------------------------------------------------------------------

# The local stack starts an embedded server on a free port and records its URL in the data folder.
REDIS_URL: str = env["REDIS_URL"] or _RECORDED_REDIS_URL or "redis://127.0.0.1:6379/0"
STREAMER_CHANNEL_REDIS_URLS: list[str] = env["STREAMER_CHANNEL_REDIS_URLS"] or [REDIS_URL]
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "realtime.delivery.layer.BoundedPubSubLayer",
        "CONFIG": {
            "hosts": [
                {"address": url, "socket_timeout": 5, "socket_connect_timeout": 5}
                for url in STREAMER_CHANNEL_REDIS_URLS
            ],
            "prefix": env["STREAMER_REDIS_PREFIX"] or channel_prefix(STREAMER_CHANNEL_REDIS_URLS[0]),
        },
    }
}
_QUEUE: dict[str, Any] = {
    **queue_place(REDIS_URL),
    "DEFAULT_TIMEOUT": -1,  # the handler's own timeout counts, not RQ's
    "SERIALIZER": "rq.serializers.JSONSerializer",
}
RQ_QUEUES = dict.fromkeys(env["STREAMER_QUEUES"], _QUEUE)
RQ = {"WORKER_CLASS": "jobs.execution.worker.ShiftWorker", "COMMIT_MODE": "auto"}

# --- Tokens ------------------------------------------------------------------------------------------------------

JWT_SIGNING_KEY: str = env["JWT_SIGNING_KEY"] or _LOCAL_KEY
JWT_SIGNING_KEY_FALLBACKS: list[str] = env["JWT_SIGNING_KEY_FALLBACKS"]
# The secrets that only this host has, because no setting gives them.
STREAMER_LOCAL_SECRETS = [
    *([] if env["SECRET_KEY"] else ["SECRET_KEY"]),
    *(["JWT_SIGNING_KEY"] if _IS_SHARED_KEY and not env["JWT_SIGNING_KEY"] else []),
]
SIMPLE_JWT = {
    "ALGORITHM": env["JWT_ALGORITHM"],
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "VERIFYING_KEY": env["JWT_VERIFYING_KEY"],
    "JWK_URL": env["JWT_JWKS_URL"] or None,
    "ISSUER": env["JWT_ISSUER"] or None,
    "AUDIENCE": env["JWT_AUDIENCE"] or None,
    "LEEWAY": timedelta(seconds=env["JWT_LEEWAY_SECONDS"]),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env["JWT_ACCESS_MINUTES"]),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env["JWT_REFRESH_DAYS"]),
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
}

# --- Files -------------------------------------------------------------------------------------------------------

# The names that every tool for S3 knows. Without keys, the role of the host is used.
STREAMER_S3: dict[str, str] = {
    "access_key": env["AWS_ACCESS_KEY_ID"],
    "secret_key": env["AWS_SECRET_ACCESS_KEY"],
    "security_token": env["AWS_SESSION_TOKEN"],
    "region_name": env["AWS_REGION"] or env["AWS_DEFAULT_REGION"],
    "endpoint_url": env["AWS_ENDPOINT_URL_S3"] or env["AWS_ENDPOINT_URL"],
    "addressing_style": env["STREAMER_S3_ADDRESSING"],
}
STORAGES = {
    "default": storage_backend(
        env["STREAMER_STORAGE"], options=env["STREAMER_STORAGE_OPTIONS"], s3=STREAMER_S3, folder=DATA_DIR / "files"
    ),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STREAMER_SCRATCH_DIR: Path = env["STREAMER_SCRATCH_DIR"] or DATA_DIR / conf.SCRATCH_FOLDER

# --- Requests ----------------------------------------------------------------------------------------------------

STREAMER_SWEEP_RULES = [
    *conf.SWEEP_RULES,
    "realtime.connections.sweep_rules.SWEEP_RULES",
    "realtime.topics.sweep_rules.SWEEP_RULES",
]
STREAMER_SAMPLE_DIR: Path = env["STREAMER_SAMPLE_DIR"] or DATA_DIR / conf.SAMPLE_FOLDER
STREAMER_SOURCES: dict[str, Any] = {"sample": sample_source(STREAMER_SAMPLE_DIR), **env["STREAMER_SOURCES"]}

# --- Web ---------------------------------------------------------------------------------------------------------

STREAMER_API_DOCS: str = env["STREAMER_API_DOCS"] or ("everybody" if DEBUG else "users")
STREAMER_SERVER_ID = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
# Over HTTP, a message is the body of a request.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(2_621_440, env["STREAMER_MAX_FRAME_BYTES"])
