"""``deploy/kubernetes``: each manifest fits the schema of its kind, and they fit each other and Streamer."""

import re
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from streamer_site.declared import DECLARED
from streamer_site.local.stack import PROJECT_DIR

FOLDER = PROJECT_DIR / "deploy" / "kubernetes"
VERSION = "1.33"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())


def manifests() -> Iterator[dict[str, Any]]:
    for name in KUSTOMIZATION["resources"]:
        yield from yaml.safe_load_all((FOLDER / name).read_text())


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in manifests() if one["kind"] == kind}


# KEDA's own kind has no schema here; a test of its own looks at it.
ALL = [
    pytest.param(one, id=f"{one['kind']}-{one['metadata']['name']}")
    for one in manifests()
    if one["kind"] != "ScaledObject"
]
PODS = {name: one["spec"]["template"] for kind in ("Deployment", "Job") for name, one in of_kind(kind).items()}


@pytest.mark.parametrize("manifest", ALL)
def test_it_works(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_every_file_is_in_the_kustomization() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])


@pytest.mark.parametrize("name", PODS)
def test_no_pod_is_root_and_each_asks_for_what_it_needs(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] == 10001
    assert spec["automountServiceAccountToken"] is False
    (container,) = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}
    sources = {ref["name"] for one in container["envFrom"] for ref in one.values()}
    generated = KUSTOMIZATION["configMapGenerator"] + KUSTOMIZATION["secretGenerator"]
    assert sources == {one["name"] for one in generated}


def test_the_settings_are_streamers_and_no_secret_is_among_them() -> None:
    names = {one.name for one in DECLARED}
    secret = {one.name for one in DECLARED if one.is_secret} | {"DATABASE_URL", "REDIS_URL"}
    plain = _variables("settings.env")
    filled = _variables("secrets.env.example")
    assert set(plain) <= names - secret
    assert set(filled) <= secret and set(filled.values()) == {""}


def test_a_web_pod_drains_before_it_stops() -> None:
    spec = PODS["streamer-web"]["spec"]
    (web,) = spec["containers"]
    command = web["lifecycle"]["preStop"]["exec"]["command"]
    assert command[2:4] == ["streamer_drain", "--wait"]
    assert int(command[4]) + 20 <= spec["terminationGracePeriodSeconds"]


def test_probes_ask_for_a_host_that_is_served() -> None:
    (web,) = PODS["streamer-web"]["spec"]["containers"]
    allowed = _variables("settings.env")["ALLOWED_HOSTS"].split(",")
    for probe, path in (("startupProbe", "/readyz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/healthz")):
        asked = web[probe]["httpGet"]
        assert asked["path"] == path
        assert [one["value"] for one in asked["httpHeaders"] if one["name"] == "Host"][0] in allowed


def test_selectors_find_their_pods() -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in PODS.items()}
    for budget, one in of_kind("PodDisruptionBudget").items():
        assert one["spec"]["selector"]["matchLabels"] == labels[budget]
    for name, one in of_kind("Service").items():
        assert one["spec"]["selector"] == labels[name]


def test_workers_are_scaled_by_a_metric_that_there_is() -> None:
    (scaled,) = of_kind("ScaledObject").values()
    assert scaled["spec"]["scaleTargetRef"]["name"] in of_kind("Deployment")
    assert "replicas" not in of_kind("Deployment")["streamer-worker"]["spec"], "two would decide"
    (trigger,) = scaled["spec"]["triggers"]
    (metric,) = re.findall(r"streamer_\w+", trigger["metadata"]["query"])
    assert f"| `{metric}` |" in (PROJECT_DIR / "docs/reference/metrics.md").read_text()
    assert 1 <= scaled["spec"]["minReplicaCount"] < scaled["spec"]["maxReplicaCount"]


def _variables(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", (FOLDER / name).read_text(), re.MULTILINE))
