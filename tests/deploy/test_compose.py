"""``deploy/compose.yaml``: it has the form that Compose asks for, and its parts fit each other and Streamer."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from streamer_site.declared import DECLARED
from streamer_site.local.stack import PROJECT_DIR

DEPLOY = PROJECT_DIR / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", (DEPLOY / "compose.env.example").read_text(), re.MULTILINE))
SECRET = re.compile(r"KEY|PASSWORD|TOKEN")


def test_it_works() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_names_every_variable_and_holds_no_secret() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", TEXT))
    assert used == set(EXAMPLE)
    secrets = {name for name in EXAMPLE if SECRET.search(name)}
    assert len(secrets) == 8 and {EXAMPLE[name] for name in secrets} == {""}


def test_nothing_starts_with_an_empty_secret() -> None:
    for name, value in EXAMPLE.items():
        if not value:
            assert f"${{{name}:?" in TEXT, f"Compose would take an empty {name}"


@pytest.mark.parametrize("service", ["migrate", "web", "worker", "sweeper"])
def test_its_settings_are_streamers(service: str) -> None:
    given = set(SERVICES[service]["environment"])
    assert given <= {one.name for one in DECLARED}
    assert {"SECRET_KEY", "JWT_SIGNING_KEY", "DATABASE_URL", "REDIS_URL", "STREAMER_STORAGE"} <= given
    assert "privileged" not in SERVICES[service] and SERVICES[service]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("service", ["web", "worker", "sweeper"])
def test_it_waits_for_the_migration(service: str) -> None:
    assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_who_is_waited_for_says_how_it_is() -> None:
    for name, service in SERVICES.items():
        for other, wish in service.get("depends_on", {}).items():
            if wish["condition"] == "service_healthy":
                # The health check of Streamer's web processes is in the image.
                assert other == "web" or SERVICES[other]["healthcheck"]["test"], f"{name} waits for {other}"


def test_every_file_that_it_mounts_is_there() -> None:
    mounts = [volume.split(":") for service in SERVICES.values() for volume in service.get("volumes", [])]
    own = [parts[0] for parts in mounts if parts[0].startswith("./")]
    assert len(own) > 6
    # The certificate is the operator's.
    assert [path for path in own if path != "./tls" and not (DEPLOY / path).exists()] == []
    named = {parts[0] for parts in mounts if len(parts) > 1 and not parts[0].startswith(".")}
    assert named == set(COMPOSE["volumes"])


def test_only_nginx_is_reached_from_outside() -> None:
    open_ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(open_ports) == {"nginx", "grafana"}
    assert all(port.startswith("127.0.0.1:") for port in open_ports["grafana"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_takes_its_configuration() -> None:
    command = ["promtool", "check", "config", "--syntax-only", "prometheus.yml"]
    done = subprocess.run(command, cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reads_its_files() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics-token"
    assert config["rule_files"] == ["alerts.yml"]


def test_containers_have_longer_to_stop_than_streamer_takes() -> None:
    grace = next(one.default for one in DECLARED if one.name == "STREAMER_STOP_GRACE_SECONDS")
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > grace + 5
