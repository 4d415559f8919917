"""The errors of the S3 client, turned into those of a file system. Imported with the client, which is heavy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)

from jobs.files.storage.failures import StorageAway

_MISSING = ("NoSuchKey", "404", "NotFound")
_WORDS = {
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "access is denied; see the permissions that are needed",
    "403": "access is denied; see the permissions that are needed",
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key does not fit the access key",
    "ExpiredToken": "the session token has expired",
}


@contextmanager
def as_file_errors(bucket: str, name: str = "") -> Iterator[None]:
    """Raise ``FileNotFoundError`` for a missing object, and ``StorageAway`` for any other error of the client.

    The original errors are not chained: some name the whole URL or headers, which do not belong in logs.
    """
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if name and code in _MISSING:
            raise FileNotFoundError(f"There is no file {name}") from None
        said = _WORDS.get(code, "it refuses")
        raise StorageAway(f"S3 bucket '{bucket}': {said} ({code}, {error.operation_name})") from None
    except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError):
        text = "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the host a role"
        raise StorageAway(f"S3 bucket '{bucket}': {text}") from None
    except (BotoCoreError, Boto3Error) as error:
        raise StorageAway(f"S3 bucket '{bucket}': it does not answer ({type(error).__name__})") from None


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
