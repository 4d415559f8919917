import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import default_storage
from django.urls import set_script_prefix
from django.utils import timezone
from pytest_django import Settings

from jobs.files.artifacts import CHUNK_BYTES, ArtifactStaging, describe, is_signature_valid, signed_url
from jobs.models import Artifact

REQUEST = uuid.UUID(int=5)
MakeStaging = Callable[..., ArtifactStaging]


@pytest.fixture
def make_staging(tmp_path: Path, own_storage: Path) -> MakeStaging:
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def make(request_id: uuid.UUID | None = REQUEST, attempt: int = 1) -> ArtifactStaging:
        return ArtifactStaging(
            request_id=request_id, attempt=attempt, tenant_id="acme", user_id="alice", scratch=lambda: scratch
        )

    return make


@pytest.fixture
def staging(make_staging: MakeStaging) -> ArtifactStaging:
    return make_staging()


def query_of(url: str) -> tuple[str, str]:
    fields = parse_qs(urlsplit(url).query)
    return fields["expires"][0], fields["signature"][0]


def add(staging: ArtifactStaging, filename: str = "a.txt", content: bytes = b"rows") -> Artifact:
    staging.add_bytes(filename, "text/plain", content)
    return staging.rows[-1]


def test_it_works(staging: ArtifactStaging, tmp_path: Path, settings: Settings) -> None:
    with staging.new("report 2026.csv", "text/csv") as artifact:
        artifact.file.write(b"a;b\n")
        artifact.file.write(b"1;2\n")
    assert (artifact.size_bytes, artifact.sha256) == (8, hashlib.sha256(b"a;b\n1;2\n").hexdigest())
    (row,) = staging.rows
    assert (row.filename, row.media_type, row.size_bytes) == ("report_2026.csv", "text/csv", 8)
    with default_storage.open(row.storage_name) as file:
        assert file.read() == b"a;b\n1;2\n"
    kept = row.expires_at - timezone.now()
    assert timedelta(0) < kept <= timedelta(days=settings.STREAMER_ARTIFACT_DAYS)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_it_is_described_for_the_client(staging: ArtifactStaging) -> None:
    with staging.new("a.txt", "text/plain") as artifact:
        artifact.file.write(b"rows")
    body = artifact.describe()
    assert body == describe(staging.rows[0]) and body["artifact_id"] == str(artifact.id) and body["url"] == artifact.url
    assert body["url"].startswith(f"/api/artifacts/{artifact.id}/?")
    assert (body["size_bytes"], body["sha256"]) == (4, hashlib.sha256(b"rows").hexdigest())
    assert body["expires_at"] == artifact.expires_at.isoformat()


def test_a_handler_may_seek_and_rewrite(staging: ArtifactStaging) -> None:
    with staging.new("a.txt", "text/plain") as artifact:
        artifact.file.write(b"????;rest")
        artifact.file.seek(0)
        artifact.file.write(b"head")
    assert artifact.sha256 == hashlib.sha256(b"head;rest").hexdigest() and artifact.size_bytes == 9


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7])
def test_hash_and_size_hold_for_any_length(staging: ArtifactStaging, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    row = add(staging, content=content)
    assert (row.size_bytes, row.sha256) == (size, hashlib.sha256(content).hexdigest())


def test_the_public_address_is_put_in_front(staging: ArtifactStaging, settings: Settings) -> None:
    for public in ("https://files.example", "https://files.example/"):
        settings.STREAMER_PUBLIC_URL = public
        assert str(signed_url(add(staging))).startswith("https://files.example/api/artifacts/")


def test_a_path_prefix_that_all_processes_know_is_put_in_front(staging: ArtifactStaging, settings: Settings) -> None:
    settings.FORCE_SCRIPT_NAME = "/streamer"
    row = add(staging)
    assert str(signed_url(row)).startswith("/streamer/api/artifacts/")
    settings.STREAMER_PUBLIC_URL = "https://files.example/streamer"
    assert str(signed_url(row)).startswith("https://files.example/streamer/api/artifacts/")


def test_a_mount_point_that_only_web_servers_know_is_left_out(staging: ArtifactStaging) -> None:
    row = add(staging)
    in_a_worker = signed_url(row)
    set_script_prefix("/streamer/")
    try:
        assert signed_url(row) == in_a_worker
    finally:
        set_script_prefix("/")


def test_a_project_that_serves_no_files_has_no_url_for_them(staging: ArtifactStaging, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.alone.urls"
    with staging.new("a.txt", "text/plain") as artifact:
        artifact.file.write(b"rows")
    assert artifact.url is None and artifact.describe()["url"] is None
    assert artifact.describe()["size_bytes"] == 4


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filename", ["../../etc/passwd", "/etc/passwd", "a/b\\c", "x" * 400 + ".csv", "ü ñ.csv"])
def test_a_name_cannot_leave_the_folder_of_its_attempt(
    staging: ArtifactStaging, filename: str, own_storage: Path
) -> None:
    row = add(staging, filename)
    stored = Path(default_storage.path(row.storage_name)).resolve()
    assert (own_storage / "artifacts" / str(REQUEST) / "1") in stored.parents
    assert "/" not in row.filename and len(row.filename) <= 200


def test_two_files_of_one_name_are_two_files(staging: ArtifactStaging) -> None:
    first, second = add(staging, content=b"one"), add(staging, content=b"two")
    assert first.storage_name != second.storage_name and first.filename == second.filename


def test_attempts_do_not_share_a_folder(make_staging: MakeStaging) -> None:
    first, second = add(make_staging(attempt=1)), add(make_staging(attempt=2))
    assert f"/{REQUEST}/1/" in first.storage_name and f"/{REQUEST}/2/" in second.storage_name
    assert add(make_staging(request_id=None)).storage_name.startswith("artifacts/inline/")


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_an_error_while_writing_leaves_nothing(staging: ArtifactStaging, tmp_path: Path) -> None:
    with pytest.raises(KeyError), staging.new("a.txt", "text/plain") as artifact:
        artifact.file.write(b"half")
        raise KeyError
    assert staging.rows == [] and list((tmp_path / "scratch").iterdir()) == []
    assert not (tmp_path / "files/artifacts").exists()


def test_what_is_discarded_is_gone(staging: ArtifactStaging) -> None:
    rows = [add(staging), add(staging)]
    staging.discard()
    assert staging.rows == [] and not any(default_storage.exists(row.storage_name) for row in rows)


# --- signatures ------------------------------------------------------------------------------------------------------


def test_the_signed_url_is_valid(staging: ArtifactStaging) -> None:
    row = add(staging)
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
def test_it_is_bound_to_owner_file_and_expiry(staging: ArtifactStaging, changed: dict[str, object]) -> None:
    row = add(staging)
    expires, signature = query_of(signed_url(row))
    for name, value in changed.items():
        setattr(row, name, value)
    assert not is_signature_valid(row, expires, signature)
    assert not is_signature_valid(row, str(int(row.expires_at.timestamp())), signature)


def test_a_url_from_before_an_extension_is_good_for_as_long_as_it_says(staging: ArtifactStaging) -> None:
    row = add(staging)
    expires, signature = query_of(signed_url(row))
    row.expires_at += timedelta(days=20)
    assert is_signature_valid(row, expires, signature)
    assert not is_signature_valid(row, str(int(row.expires_at.timestamp())), signature)


def test_a_url_outlives_a_new_secret_key_while_the_old_one_is_named(
    staging: ArtifactStaging, settings: Settings
) -> None:
    row = add(staging)
    expires, signature = query_of(signed_url(row))
    old, settings.SECRET_KEY = settings.SECRET_KEY, "n" * 50
    assert not is_signature_valid(row, expires, signature)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert is_signature_valid(row, expires, signature)
    assert is_signature_valid(row, *query_of(signed_url(row)))


def test_a_url_whose_time_is_over_is_not_good_although_the_file_was_kept(staging: ArtifactStaging) -> None:
    row = add(staging)
    row.expires_at = timezone.now() - timedelta(seconds=2)
    expires, signature = query_of(signed_url(row))
    row.expires_at += timedelta(days=20)
    assert not is_signature_valid(row, expires, signature)


@pytest.mark.parametrize(("expires", "signature"), [("", ""), ("0", ""), ("ü", "ü"), ("1" * 40, "x")])
def test_nonsense_is_no_signature(staging: ArtifactStaging, expires: str, signature: str) -> None:
    row = add(staging)
    good_expires, good_signature = query_of(signed_url(row))
    assert not is_signature_valid(row, expires, signature)
    assert not is_signature_valid(row, good_expires, signature)
    assert not is_signature_valid(row, expires, good_signature)


def test_another_secret_makes_another_signature(staging: ArtifactStaging, settings: Settings) -> None:
    row = add(staging)
    expires, signature = query_of(signed_url(row))
    settings.SECRET_KEY = "another secret of this service"
    assert not is_signature_valid(row, expires, signature)
