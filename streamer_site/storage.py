"""The storage of files: a Django storage class, or a place in S3."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

S3_SCHEME = "s3://"


def storage_backend(storage: str, *, options: Mapping[str, Any], s3: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Build the entry of ``STORAGES``. ``folder`` is for local files, unless the options say otherwise."""
    if not storage.startswith(S3_SCHEME):
        local = {"location": str(folder)} if storage.endswith("FileSystemStorage") else {}
        return {"BACKEND": storage, "OPTIONS": dict(options) or local}
    bucket, prefix = s3_place(storage)
    given = {name: value for name, value in s3.items() if value}
    own = {"bucket_name": bucket, "location": prefix, **given}
    return {"BACKEND": "jobs.files.storage.s3.S3Files", "OPTIONS": {**own, **options}}


def s3_place(storage: str) -> tuple[str, str]:
    """Split ``s3://bucket/prefix`` into bucket and prefix."""
    bucket, _, prefix = storage.removeprefix(S3_SCHEME).partition("/")
    return bucket, prefix.strip("/")
