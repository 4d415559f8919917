"""The storage of files: any Django storage that is configured, and Streamer's own for S3.

failures   ``StorageAway``: the store does not answer, or refuses; it may do so later
s3         files in S3, or in a store that speaks its protocol
reading    a file in S3 as a seekable one, read piece by piece
listing    the names of stored files, in pages, from any storage
"""

from jobs.files.storage.failures import StorageAway
from jobs.files.storage.listing import StoredFile, probe, stored_after

__all__ = ["StorageAway", "StoredFile", "probe", "stored_after"]
