from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.checks import run_checks
from pytest_django import Settings

from streamer_site.checks import check_deployment, check_settings
from streamer_site.starting.loading import refuse_faults


def test_it_works() -> None:
    assert check_settings() == []
    refuse_faults(of_django=True)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY", "short", "streamer.E011"),
        ("JWT_SIGNING_KEY", "short", "streamer.E002"),
        ("REDIS_URL", "localhost:6379", "streamer.settings.E001"),
        ("STREAMER_LEASE_SECONDS", 0.5, "streamer.settings.E001"),
        ("STREAMER_INLINE_THREADS", 0, "streamer.settings.E001"),
        ("STREAMER_MAX_MESSAGE_BYTES", 0, "streamer.settings.E001"),
        ("STREAMER_MAX_STREAMS_PER_USER", 0, "streamer.settings.E001"),
        ("STREAMER_STREAM_STALL_SECONDS", 0.0, "streamer.settings.E001"),
        ("STREAMER_SESSION_IDENTITY", "nowhere.identity", "streamer.E024"),
        ("STREAMER_SESSION_IDENTITY", "streamer_site.checks.re", "streamer.E024"),
        ("STREAMER_STREAM_STALL_SECONDS", float("nan"), "streamer.settings.E001"),
        ("STREAMER_MAX_MESSAGE_BYTES", 2**20 + 1, "streamer.settings.E001"),
        ("STREAMER_TOKEN_RATE", "30 a minute", "streamer.settings.E001"),
        ("STREAMER_DAILY_BYTES", -1, "streamer.settings.E001"),
        ("STREAMER_USAGE_DAYS", 0, "streamer.settings.E001"),
        ("STREAMER_API_DOCS", "anybody", "streamer.settings.E001"),
        ("STREAMER_TOKEN_RATE_PER_ACCOUNT", "0/min", "streamer.settings.E001"),
        ("STREAMER_SUBMITS_PER_TENANT", -1.0, "streamer.settings.E001"),
        ("STREAMER_UPLOAD_RATE_PER_USER", float("nan"), "streamer.settings.E001"),
        ("STREAMER_MESSAGE_BURST", 0, "streamer.settings.E001"),
        ("STREAMER_SCRATCH_DIR", "/data?/scratch", "streamer.settings.E001"),
    ],
)
def test_no_server_starts_with_a_mistake_in_its_settings(
    name: str, value: Any, fault: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    setattr(settings, name, value)
    assert [one.id for one in run_checks(tags=["streamer"]) if one.is_serious()] == [fault]
    with pytest.raises(SystemExit) as ended:
        refuse_faults()
    first, *_ = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and name in first and fault in first


def test_what_is_made_for_one_machine_is_told_before_it_goes_live(settings: Settings) -> None:
    settings.STREAMER_LOCAL_SECRETS = ["SECRET_KEY"]
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ISSUER": "streamer", "AUDIENCE": "streamer"}
    assert [one.id for one in check_deployment()] == ["streamer.W001", "streamer.W002"]
    settings.STREAMER_LOCAL_SECRETS, settings.ALLOWED_HOSTS = [], ["reports.example.org"]
    assert check_deployment() == []


@pytest.fixture
def ready_to_deploy(settings: Settings, tmp_path: Path) -> None:
    settings.STREAMER_LOCAL_SECRETS, settings.ALLOWED_HOSTS = [], ["reports.example.org"]
    settings.DATA_DIR = tmp_path
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ISSUER": "streamer", "AUDIENCE": "streamer"}


@pytest.mark.usefixtures("ready_to_deploy")
def test_a_data_folder_that_all_can_look_into_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert check_deployment() == []
    tmp_path.chmod(0o755)
    assert [one.id for one in check_deployment()] == ["streamer.W003"]


@pytest.mark.usefixtures("ready_to_deploy")
def test_a_redirect_that_never_ends_is_told(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.TRUST_PROXY = True, False
    assert [one.id for one in check_deployment()] == ["streamer.W004"]
    settings.TRUST_PROXY = True
    assert check_deployment() == []


@pytest.mark.usefixtures("ready_to_deploy")
@pytest.mark.parametrize("missing", ["ISSUER", "AUDIENCE"])
def test_tokens_are_to_be_meant_for_this_service(missing: str, settings: Settings) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, missing: None}
    (fault,) = check_deployment()
    assert fault.id == "streamer.E016" and missing in fault.msg and fault.is_serious()
    refuse_faults()


@pytest.mark.usefixtures("ready_to_deploy")
def test_tokens_in_urls_are_told(settings: Settings) -> None:
    settings.STREAMER_QUERY_TOKENS = True
    assert [one.id for one in check_deployment()] == ["streamer.W007"]


@pytest.mark.usefixtures("ready_to_deploy")
def test_handlers_that_reload_are_told(settings: Settings) -> None:
    settings.STREAMER_RELOAD_HANDLERS = True
    assert [one.id for one in check_deployment()] == ["streamer.W010"]


@pytest.mark.usefixtures("ready_to_deploy")
def test_keys_over_plain_http_are_told(settings: Settings) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "JWK_URL": "http://login.example.org/keys"}
    assert [one.id for one in check_deployment()] == ["streamer.W006"]


@pytest.mark.parametrize(("algorithm", "fault"), [("none", "streamer.E001"), ("RS256", "streamer.E003")])
def test_tokens_must_be_verifiable(algorithm: str, fault: str, settings: Settings) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ALGORITHM": algorithm}
    assert [one.id for one in check_settings()] == [fault]


def pair_of(key: Any) -> tuple[str, str]:
    """Return the private and the public key, PEM."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


RSA, SMALL_RSA = (pair_of(rsa.generate_private_key(public_exponent=65537, key_size=size)) for size in (2048, 1024))
P256, P384 = (pair_of(ec.generate_private_key(curve)) for curve in (ec.SECP256R1(), ec.SECP384R1()))


@pytest.mark.parametrize(
    ("algorithm", "key", "is_fine"),
    [
        ("RS256", RSA[1], True),
        ("ES256", P256[1], True),
        ("ES384", P384[1], True),
        ("RS256", "-----BEGIN PUBLIC KEY-----", False),
        ("RS256", RSA[0], False),  # a private key verifies nothing
        ("RS256", SMALL_RSA[1], False),
        ("RS256", P256[1], False),
        ("ES256", RSA[1], False),
        ("ES256", P384[1], False),
    ],
)
def test_a_public_key_is_looked_at_before_it_meets_a_token(
    algorithm: str, key: str, is_fine: bool, settings: Settings
) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ALGORITHM": algorithm, "VERIFYING_KEY": key, "SIGNING_KEY": ""}
    assert [one.id for one in check_settings()] == ([] if is_fine else ["streamer.E015"])


@pytest.mark.parametrize(("key", "is_fine"), [(RSA[0], True), (RSA[1], False), (P256[0], False), ("a secret", False)])
def test_a_key_to_sign_with_is_private(key: str, is_fine: bool, settings: Settings) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ALGORITHM": "RS256", "VERIFYING_KEY": RSA[1], "SIGNING_KEY": key}
    assert [one.id for one in check_settings()] == ([] if is_fine else ["streamer.E015"])


def test_a_public_url_has_the_prefix(settings: Settings) -> None:
    settings.STREAMER_PUBLIC_URL, settings.FORCE_SCRIPT_NAME = "https://example.org/", "/streamer"
    (fault,) = [one for one in check_settings() if one.id == "streamer.E026"]
    assert "STREAMER_PUBLIC_URL=https://example.org/streamer" in str(fault.hint)
    settings.STREAMER_PUBLIC_URL = "https://example.org/streamer/"
    assert not [one for one in check_settings() if one.id == "streamer.E026"]
