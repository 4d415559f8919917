import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from jobs.files.artifacts import CHUNK_BYTES, ArtifactShelf, describe, is_signature_valid, signed_url
from jobs.models import Artifact

REQUEST = uuid.UUID(int=5)
MakeShelf = Callable[..., ArtifactShelf]


@pytest.fixture
def make_shelf(tmp_path: Path, own_storage: Path) -> MakeShelf:
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def make(request_id: uuid.UUID | None = REQUEST, attempt: int = 1) -> ArtifactShelf:
        return ArtifactShelf(
            request_id=request_id, attempt=attempt, tenant_id="acme", user_id="alice", scratch=lambda: scratch
        )

    return make


@pytest.fixture
def shelf(make_shelf: MakeShelf) -> ArtifactShelf:
    return make_shelf()


def query_of(url: str) -> tuple[str, str]:
    fields = parse_qs(urlsplit(url).query)
    return fields["expires"][0], fields["signature"][0]


def add(shelf: ArtifactShelf, filename: str = "a.txt", content: bytes = b"rows") -> Artifact:
    shelf.add_bytes(filename, "text/plain", content)
    return shelf.rows[-1]


def test_it_works(shelf: ArtifactShelf, tmp_path: Path, settings: Settings) -> None:
    with shelf.new("report 2026.csv", "text/csv") as artifact:
        artifact.file.write(b"a;b\n")
        artifact.file.write(b"1;2\n")
    assert (artifact.size_bytes, artifact.sha256) == (8, hashlib.sha256(b"a;b\n1;2\n").hexdigest())
    (row,) = shelf.rows
    assert (row.filename, row.media_type, row.size_bytes) == ("report_2026.csv", "text/csv", 8)
    with default_storage.open(row.storage_name) as file:
        assert file.read() == b"a;b\n1;2\n"
    kept = row.expires_at - timezone.now()
    assert timedelta(0) < kept <= timedelta(days=settings.STREAMER_ARTIFACT_DAYS)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_it_is_described_for_the_client(shelf: ArtifactShelf) -> None:
    with shelf.new("a.txt", "text/plain") as artifact:
        artifact.file.write(b"rows")
    body = artifact.describe()
    assert body == describe(shelf.rows[0]) and body["artifact_id"] == str(artifact.id) and body["url"] == artifact.url
    assert body["url"].startswith(f"/api/artifacts/{artifact.id}/?")
    assert (body["size_bytes"], body["sha256"]) == (4, hashlib.sha256(b"rows").hexdigest())
    assert body["expires_at"] == artifact.expires_at.isoformat()


def test_a_handler_may_seek_and_rewrite(shelf: ArtifactShelf) -> None:
    with shelf.new("a.txt", "text/plain") as artifact:
        artifact.file.write(b"????;rest")
        artifact.file.seek(0)
        artifact.file.write(b"head")
    assert artifact.sha256 == hashlib.sha256(b"head;rest").hexdigest() and artifact.size_bytes == 9


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7])
def test_hash_and_size_hold_for_any_length(shelf: ArtifactShelf, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    row = add(shelf, content=content)
    assert (row.size_bytes, row.sha256) == (size, hashlib.sha256(content).hexdigest())


def test_the_public_address_is_put_in_front(shelf: ArtifactShelf, settings: Settings) -> None:
    settings.STREAMER_PUBLIC_URL = "https://files.example"
    assert signed_url(add(shelf)).startswith("https://files.example/api/artifacts/")


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filename", ["../../etc/passwd", "/etc/passwd", "a/b\\c", "x" * 400 + ".csv", "ü ñ.csv"])
def test_a_name_cannot_leave_the_folder_of_its_attempt(shelf: ArtifactShelf, filename: str, own_storage: Path) -> None:
    row = add(shelf, filename)
    stored = Path(default_storage.path(row.storage_name)).resolve()
    assert (own_storage / "artifacts" / str(REQUEST) / "1") in stored.parents
    assert "/" not in row.filename and len(row.filename) <= 200


def test_two_files_of_one_name_are_two_files(shelf: ArtifactShelf) -> None:
    first, second = add(shelf, content=b"one"), add(shelf, content=b"two")
    assert first.storage_name != second.storage_name and first.filename == second.filename


def test_attempts_do_not_share_a_folder(make_shelf: MakeShelf) -> None:
    first, second = add(make_shelf(attempt=1)), add(make_shelf(attempt=2))
    assert f"/{REQUEST}/1/" in first.storage_name and f"/{REQUEST}/2/" in second.storage_name
    assert add(make_shelf(request_id=None)).storage_name.startswith("artifacts/inline/")


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_an_error_while_writing_leaves_nothing(shelf: ArtifactShelf, tmp_path: Path) -> None:
    with pytest.raises(KeyError), shelf.new("a.txt", "text/plain") as artifact:
        artifact.file.write(b"half")
        raise KeyError
    assert shelf.rows == [] and list((tmp_path / "scratch").iterdir()) == []
    assert not (tmp_path / "files/artifacts").exists()


def test_what_is_discarded_is_gone(shelf: ArtifactShelf) -> None:
    rows = [add(shelf), add(shelf)]
    shelf.discard()
    assert shelf.rows == [] and not any(default_storage.exists(row.storage_name) for row in rows)


# --- signatures ------------------------------------------------------------------------------------------------------


def test_the_signed_url_is_valid(shelf: ArtifactShelf) -> None:
    row = add(shelf)
    assert is_signature_valid(row, *query_of(signed_url(row)))


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "bob"},
        {"tenant_id": "other"},
        {"id": uuid.UUID(int=9)},
        {"expires_at": timezone.now() + timedelta(hours=1)},
    ],
)
def test_it_is_bound_to_owner_file_and_expiry(shelf: ArtifactShelf, changed: dict[str, object]) -> None:
    row = add(shelf)
    expires, signature = query_of(signed_url(row))
    for name, value in changed.items():
        setattr(row, name, value)
    assert not is_signature_valid(row, expires, signature)
    assert not is_signature_valid(row, str(int(row.expires_at.timestamp())), signature)


def test_a_url_from_before_an_extension_is_good_for_as_long_as_it_says(shelf: ArtifactShelf) -> None:
    row = add(shelf)
    expires, signature = query_of(signed_url(row))
    row.expires_at += timedelta(days=20)
    assert is_signature_valid(row, expires, signature)
    assert not is_signature_valid(row, str(int(row.expires_at.timestamp())), signature)


def test_a_url_whose_time_is_over_is_not_good_although_the_file_was_kept(shelf: ArtifactShelf) -> None:
    row = add(shelf)
    row.expires_at = timezone.now() - timedelta(seconds=2)
    expires, signature = query_of(signed_url(row))
    row.expires_at += timedelta(days=20)
    assert not is_signature_valid(row, expires, signature)


@pytest.mark.parametrize(("expires", "signature"), [("", ""), ("0", ""), ("ü", "ü"), ("1" * 40, "x")])
def test_nonsense_is_no_signature(shelf: ArtifactShelf, expires: str, signature: str) -> None:
    row = add(shelf)
    good_expires, good_signature = query_of(signed_url(row))
    assert not is_signature_valid(row, expires, signature)
    assert not is_signature_valid(row, good_expires, signature)
    assert not is_signature_valid(row, expires, good_signature)


def test_another_secret_makes_another_signature(shelf: ArtifactShelf, settings: Settings) -> None:
    row = add(shelf)
    expires, signature = query_of(signed_url(row))
    settings.SECRET_KEY = "another secret of this service"
    assert not is_signature_valid(row, expires, signature)
