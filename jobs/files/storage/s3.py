"""Files in S3, or in a store that speaks its protocol. Every call ends within a minute, even on a dead store."""

import io
import os
import threading
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from django.core.files import File
from storages.backends.s3 import S3Storage

from jobs.files.storage.listing import StoredFile
from jobs.files.storage.reading import RangedFile
from jobs.files.storage.s3_failures import as_file_errors

CONNECT_SECONDS = 5
READ_SECONDS = 10
TRIES = 3
_PART_BYTES = 8 * 1024 * 1024
_BUFFER_BYTES = 256 * 1024
_MAX_CONNECTIONS = 50


class _Body:
    """The body of a response. Its errors are those of files."""

    def __init__(self, body: Any, bucket: str) -> None:
        self._body = body
        self._bucket = bucket

    def read(self, size: int) -> bytes:
        with as_file_errors(self._bucket):
            data: bytes = self._body.read(size)
            return data

    def close(self) -> None:
        self._body.close()


class S3Files(S3Storage):
    """django-storages' storage, with bounded waiting, reads by ranges, and errors as those of a file system.

    Private: no URL of it is ever given to anybody. Raises ``FileNotFoundError`` and ``StorageAway``.
    """

    def __init__(self, **options: Any) -> None:
        endpoint = options.get("endpoint_url")
        # A self-hosted store seldom has a host name for each bucket.
        style = options.pop("addressing_style", None) or ("path" if endpoint else "auto")
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            max_pool_connections=_MAX_CONNECTIONS,
            s3={"addressing_style": style},
            # Other stores do not know the newer checksums. The artifact's sha256 serves instead.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        parts = TransferConfig(use_threads=False, multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)
        given = {"querystring_auth": False, "default_acl": None, "client_config": config, "transfer_config": parts}
        super().__init__(**{**given, **options})
        self._client_lock = threading.Lock()
        self._client_of: tuple[int, Any] | None = None

    @property
    def connection(self) -> Any:
        """Return one connection for all threads, and a new one after a fork, because sockets must not be shared."""
        with self._client_lock:
            if self._client_of is None or self._client_of[0] != os.getpid():
                self._bucket = None
                resource = self._create_session().resource(
                    "s3",
                    region_name=self.region_name,
                    use_ssl=self.use_ssl,
                    endpoint_url=self.endpoint_url,
                    config=self.client_config,
                    verify=self.verify,
                )
                self._client_of = (os.getpid(), resource)
            return self._client_of[1]

    def exists(self, name: str) -> bool:
        try:
            self._head(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        return int(self._head(name)["ContentLength"])

    def get_modified_time(self, name: str) -> Any:
        return self._head(name)["LastModified"]

    def delete(self, name: str) -> None:
        with as_file_errors(self.bucket_name):
            super().delete(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with as_file_errors(self.bucket_name):
            folders, files = super().listdir(name)
            return folders, files

    def page_after(self, folder: str, after: str, limit: int) -> list[StoredFile]:
        """List a page in one request of at most 1,000 names. See ``jobs.files.storage.listing``."""
        with as_file_errors(self.bucket_name):
            page = self._client().list_objects_v2(
                Bucket=self.bucket_name,
                Prefix=f"{self._key(folder)}/",
                MaxKeys=min(limit, 1000),
                **({"StartAfter": self._key(after)} if after else {}),
            )
        skipped = len(self._key("x")) - 1
        return [
            StoredFile(name=item["Key"][skipped:], modified_at=item["LastModified"])
            for item in page.get("Contents", ())
        ]

    def probe(self) -> None:
        """List one name. Raises ``StorageAway`` when the bucket cannot be listed."""
        with as_file_errors(self.bucket_name):
            self._client().list_objects_v2(Bucket=self.bucket_name, Prefix=self._key("artifacts"), MaxKeys=1)

    def _open(self, name: str, mode: str = "rb") -> Any:
        if mode != "rb":
            raise ValueError("Files in S3 are opened for reading bytes; save() writes them")
        raw = RangedFile(self.size(name), lambda first, last: self._range(name, first, last))
        return File(io.BufferedReader(raw, _BUFFER_BYTES), name)

    def _save(self, name: str, content: Any) -> str:
        with as_file_errors(self.bucket_name):
            return str(super()._save(name, content))

    def _range(self, name: str, first: int, last: int) -> _Body:
        with as_file_errors(self.bucket_name, name):
            found = self._client().get_object(
                Bucket=self.bucket_name, Key=self._key(name), Range=f"bytes={first}-{last}"
            )
        return _Body(found["Body"], self.bucket_name)

    def _head(self, name: str) -> Any:
        with as_file_errors(self.bucket_name, name):
            return self._client().head_object(Bucket=self.bucket_name, Key=self._key(name))

    def _client(self) -> Any:
        return self.connection.meta.client

    def _key(self, name: str) -> str:
        return str(self._normalize_name(name))
