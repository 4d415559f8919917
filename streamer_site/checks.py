"""Mistakes across settings, found at every start. ``declared`` judges each value alone."""

import re
import stat
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.module_loading import import_string
from jwt.algorithms import get_default_algorithms
from jwt.exceptions import InvalidKeyError

from jobs.conf.checks import TAG, faults_of
from jobs.tracing.tracer import has_extra as has_tracing
from jobs.tracing.tracer import wants_tracing
from streamer_site.declared import OF_SITE
from streamer_site.declared.tokens import ALGORITHMS
from streamer_site.diagnostics.error_reports import has_extra as has_reporting
from streamer_site.storage import S3_SCHEME, s3_place

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MIN_KEY = 32
_MIN_RSA = 2048
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


@register(TAG)
def check_settings(**_: Any) -> list[CheckMessage]:
    return [
        *faults_of(one for one in OF_SITE if hasattr(settings, one.name)),
        *_token_faults(),
        *_key_length_faults(),
        *_storage_faults(),
        *_session_faults(),
        *_extra_faults(),
        *_prefix_faults(),
    ]


@register(deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    """Check for settings that suit one machine, but not a public service or one with several hosts."""
    faults: list[CheckMessage] = []
    for name in settings.STREAMER_LOCAL_SECRETS:
        hint = "Set it, the same on every host: what one host signs, the others refuse."
        faults.append(Warning(f"{name} was made for this host alone", hint=hint, id="streamer.W001"))
    if set(settings.ALLOWED_HOSTS) <= _LOCAL_HOSTS:
        hint = "Name the hosts that are served, for example ALLOWED_HOSTS=reports.example.org."
        faults.append(Warning("ALLOWED_HOSTS allows only this machine", hint=hint, id="streamer.W002"))
    if settings.DATA_DIR.stat().st_mode & stat.S_IRWXO:
        hint = f"It has keys and users' files. Close it: chmod o= {settings.DATA_DIR}"
        faults.append(Warning("All users of this host can look into the data folder", hint=hint, id="streamer.W003"))
    if settings.SECURE_SSL_REDIRECT and not settings.TRUST_PROXY:
        hint = "Set TRUST_PROXY behind a proxy for TLS: without it every request looks like one over plain HTTP."
        faults.append(Warning("SECURE_SSL_REDIRECT may redirect for ever", hint=hint, id="streamer.W004"))
    if settings.STREAMER_QUERY_TOKENS:
        hint = "Set it to false unless old clients need it: proxies, browsers and error reports keep URLs."
        faults.append(Warning("STREAMER_QUERY_TOKENS takes tokens from URLs", hint=hint, id="streamer.W007"))
    if settings.STREAMER_RELOAD_HANDLERS:
        hint = "Set it to false: whatever is written into a package of handlers would be run at once."
        faults.append(Warning("STREAMER_RELOAD_HANDLERS is for development", hint=hint, id="streamer.W010"))
    jwt = settings.SIMPLE_JWT
    for name in ("ISSUER", "AUDIENCE"):
        if not jwt[name]:
            hint = "Set it: else a token for another service with the same key is good here. Own tokens then carry it."
            faults.append(Error(f"JWT_{name} is not set, so it is not checked", hint=hint, id="streamer.E016"))
    if (jwt["JWK_URL"] or "").startswith("http://"):
        hint = "Take https: whoever sits on the way could put keys of their own in place."
        faults.append(Warning("JWT_JWKS_URL fetches keys over plain HTTP", hint=hint, id="streamer.W006"))
    return faults


def _extra_faults() -> Iterator[CheckMessage]:
    """A process goes on without an extra: it does its work, but nobody sees what was asked for."""
    told = "Install it: .venv/bin/pip install -r {}."
    if wants_tracing() and not has_tracing():
        hint = told.format("requirements-otel.txt")
        yield Warning("A collector is named, but OpenTelemetry is not installed", hint=hint, id="streamer.W011")
    if settings.SENTRY_DSN and not has_reporting():
        hint = told.format("requirements-sentry.txt")
        yield Warning("SENTRY_DSN is set, but sentry-sdk is not installed", hint=hint, id="streamer.W012")


def _token_faults() -> Iterator[CheckMessage]:
    algorithm = settings.SIMPLE_JWT["ALGORITHM"]
    if algorithm not in ALGORITHMS:
        yield Error(f"JWT_ALGORITHM is '{algorithm}'", hint=f"One of {', '.join(ALGORITHMS)}.", id="streamer.E001")
    elif algorithm.startswith("HS"):
        if len(settings.JWT_SIGNING_KEY.encode()) < _MIN_KEY:
            hint = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a good one."
            yield Error(f"JWT_SIGNING_KEY is shorter than {_MIN_KEY} bytes", hint=hint, id="streamer.E002")
    elif not (settings.SIMPLE_JWT["VERIFYING_KEY"] or settings.SIMPLE_JWT["JWK_URL"]):
        hint = "Set JWT_VERIFYING_KEY (PEM) or JWT_JWKS_URL."
        yield Error(f"There is no key to verify {algorithm} tokens", hint=hint, id="streamer.E003")
    else:
        yield from _key_faults(algorithm)


def _key_faults(algorithm: str) -> Iterator[CheckMessage]:
    keys = {"JWT_VERIFYING_KEY": ("verify", "public"), "JWT_SIGNING_KEY": ("sign", "private")}
    for name, (use, kind) in keys.items():
        text = settings.SIMPLE_JWT[name.removeprefix("JWT_")]
        if text and not _is_key(text, algorithm, use):
            hint = f"It is a {kind} key in PEM: RSA of {_MIN_RSA} bits or more for RS, of the algorithm's curve for ES."
            yield Error(f"{name} is no {kind} key for {algorithm}", hint=hint, id="streamer.E015")


def _is_key(text: str, algorithm: str, use: str) -> bool:
    try:
        key = get_default_algorithms()[algorithm].prepare_key(text)
    except (InvalidKeyError, ValueError, TypeError):
        return False
    is_large = algorithm.startswith("ES") or key.key_size >= _MIN_RSA
    return is_large and hasattr(key, use)


def _key_length_faults() -> Iterator[CheckMessage]:
    if len(settings.SECRET_KEY.encode()) < _MIN_KEY:
        hint = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a good one."
        yield Error(f"SECRET_KEY is shorter than {_MIN_KEY} bytes", hint=hint, id="streamer.E011")


def _prefix_faults() -> Iterator[CheckMessage]:
    public, prefix = settings.STREAMER_PUBLIC_URL.rstrip("/"), settings.FORCE_SCRIPT_NAME or ""
    if public and not public.endswith(prefix):
        hint = f"Downloads begin with it: STREAMER_PUBLIC_URL={public}{prefix}."
        text = f"STREAMER_PUBLIC_URL lacks STREAMER_PATH_PREFIX, '{prefix}'"
        yield Error(text, hint=hint, id="streamer.E026")


def _session_faults() -> Iterator[CheckMessage]:
    if not settings.STREAMER_SESSION_IDENTITY:
        return
    try:
        is_function = callable(import_string(settings.STREAMER_SESSION_IDENTITY))
    except Exception:  # the module is the operator's, and may fail in any way
        is_function = False
    if not is_function:
        hint = (
            "The dotted path of a function (user) -> {user_id, tenant_id, permissions}, such as shop.people.identity."
        )
        text = f"STREAMER_SESSION_IDENTITY is '{settings.STREAMER_SESSION_IDENTITY}'"
        yield Error(text, hint=hint, id="streamer.E024")
    if settings.SESSION_ENGINE.endswith("signed_cookies"):
        hint = "Take one that stores sessions: with this one nobody could end one."
        yield Error("STREAMER_SESSION_IDENTITY does not go with this SESSION_ENGINE", hint=hint, id="streamer.E025")


def _storage_faults() -> Iterator[CheckMessage]:
    faults = [*(_s3_faults() if settings.STREAMER_STORAGE.startswith(S3_SCHEME) else _storage_class_faults())]
    yield from faults or _storage_option_faults()
    if settings.STREAMER_ARTIFACT_MAX_DAYS < settings.STREAMER_ARTIFACT_DAYS:
        hint = "Files that live longer from the start could never be extended."
        text = "STREAMER_ARTIFACT_MAX_DAYS is less than STREAMER_ARTIFACT_DAYS"
        yield Error(text, hint=hint, id="streamer.E007")


def _storage_class_faults() -> Iterator[CheckMessage]:
    try:
        found = import_string(settings.STREAMER_STORAGE)
    except Exception:  # the module is the operator's, and may fail in any way
        found = None
    if not (isinstance(found, type) and issubclass(found, Storage)):
        hint = "s3://bucket/prefix, or the path of a Django storage class."
        yield Error(f"STREAMER_STORAGE is '{settings.STREAMER_STORAGE}'", hint=hint, id="streamer.E006")


def _storage_option_faults() -> Iterator[CheckMessage]:
    """Make the storage. Its own error may hold a value, which may be secret, so only the names are told."""
    given = settings.STORAGES["default"]
    try:
        storage = storages.create_storage(given)
        if isinstance(storage, FileSystemStorage):
            # It looks at them when it is used, and not before.
            storage.location, storage.base_url  # noqa: B018
    except Exception as error:
        names = ", ".join(sorted(given.get("OPTIONS", {}))) or "nothing"
        text = f"STREAMER_STORAGE_OPTIONS does not fit the storage, which was given {names} ({type(error).__name__})"
        hint = 'The options that the storage class takes, as JSON, such as {"location": "/srv/files"}.'
        yield Error(text, hint=hint, id="streamer.E027")


def _s3_faults() -> Iterator[CheckMessage]:
    bucket, _ = s3_place(settings.STREAMER_STORAGE)
    if not _BUCKET.fullmatch(bucket):
        hint = "It looks like s3://bucket or s3://bucket/prefix; keys are given by AWS_ACCESS_KEY_ID and its secret."
        yield Error("STREAMER_STORAGE does not name a bucket", hint=hint, id="streamer.E008")
    if bool(settings.STREAMER_S3["access_key"]) != bool(settings.STREAMER_S3["secret_key"]):
        hint = "Set both, or neither where the host has a role of its own."
        yield Error("Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set", hint=hint, id="streamer.E009")
    endpoint = settings.STREAMER_S3["endpoint_url"]
    if endpoint and (not endpoint.startswith(("http://", "https://")) or "@" in endpoint):
        hint = "For example http://minio:9000, without a user or a password."
        yield Error("The endpoint of S3 is no plain URL", hint=hint, id="streamer.E010")
