"""Mistakes across settings, found by ``manage.py check`` and at every start of a command."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from streamer_site.storage import S3_SCHEME, s3_place

_ALGORITHMS = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MIN_KEY = 32
_MIN_LEASE_SECONDS = 2
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


@register()
def check_settings(**_: Any) -> list[CheckMessage]:
    return [*_token_faults(), *_place_faults(), *_scratch_faults(), *_request_faults(), *_storage_faults()]


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
    return faults


def require_sound_settings() -> None:
    """Check settings for servers, which are no commands, so Django does not. Raises ``ImproperlyConfigured``."""
    if faults := [message for message in run_checks() if message.is_serious()]:
        raise ImproperlyConfigured("\n".join(str(fault) for fault in faults))


def _token_faults() -> Iterator[CheckMessage]:
    algorithm = settings.SIMPLE_JWT["ALGORITHM"]
    if algorithm not in _ALGORITHMS:
        yield Error(f"JWT_ALGORITHM is '{algorithm}'", hint=f"One of {', '.join(_ALGORITHMS)}.", id="streamer.E001")
    elif algorithm.startswith("HS"):
        if len(settings.JWT_SIGNING_KEY.encode()) < _MIN_KEY:
            hint = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a good one."
            yield Error(f"JWT_SIGNING_KEY is shorter than {_MIN_KEY} bytes", hint=hint, id="streamer.E002")
    elif not (settings.SIMPLE_JWT["VERIFYING_KEY"] or settings.SIMPLE_JWT["JWK_URL"]):
        hint = "Set JWT_VERIFYING_KEY (PEM) or JWT_JWKS_URL."
        yield Error(f"There is no key to verify {algorithm} tokens", hint=hint, id="streamer.E003")


def _place_faults() -> Iterator[CheckMessage]:
    if len(settings.SECRET_KEY.encode()) < _MIN_KEY:
        hint = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a good one."
        yield Error(f"SECRET_KEY is shorter than {_MIN_KEY} bytes", hint=hint, id="streamer.E011")
    if not settings.REDIS_URL.startswith(_REDIS_SCHEMES):
        hint = "For example redis://host:6379/0, or rediss:// for TLS."
        yield Error("REDIS_URL is no URL of a Redis", hint=hint, id="streamer.E012")


def _scratch_faults() -> Iterator[CheckMessage]:
    if "?" in str(settings.STREAMER_SCRATCH_DIR):
        hint = "Name another folder in STREAMER_SCRATCH_DIR: DuckDB takes a '?' for the end of a file's path."
        yield Error("The path of STREAMER_SCRATCH_DIR has a '?'", hint=hint, id="streamer.E013")


def _request_faults() -> Iterator[CheckMessage]:
    if settings.STREAMER_LEASE_SECONDS < _MIN_LEASE_SECONDS:
        hint = f"A running request renews its lease about once a second; {_MIN_LEASE_SECONDS} is the least."
        yield Error("STREAMER_LEASE_SECONDS is too short", hint=hint, id="streamer.E004")
    for name in ("STREAMER_MAX_RUNNING_PER_USER", "STREAMER_MAX_WAITING_PER_USER", "STREAMER_INLINE_THREADS"):
        if getattr(settings, name) < 1:
            yield Error(f"{name} must be at least 1", hint="With 0 no request would ever run.", id="streamer.E005")


def _storage_faults() -> Iterator[CheckMessage]:
    if settings.STREAMER_STORAGE.startswith(S3_SCHEME):
        yield from _s3_faults()
    else:
        try:
            import_string(settings.STREAMER_STORAGE)
        except ImportError:
            hint = "s3://bucket/prefix, or the path of a Django storage class."
            yield Error(f"STREAMER_STORAGE is '{settings.STREAMER_STORAGE}'", hint=hint, id="streamer.E006")
    if settings.STREAMER_ARTIFACT_MAX_DAYS < settings.STREAMER_ARTIFACT_DAYS:
        hint = "Files that live longer from the start could never be extended."
        text = "STREAMER_ARTIFACT_MAX_DAYS is less than STREAMER_ARTIFACT_DAYS"
        yield Error(text, hint=hint, id="streamer.E007")


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
