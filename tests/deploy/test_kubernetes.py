"""Test deploy/kubernetes: by the schemas of Kubernetes, its restricted profile, the Dockerfile and the code."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bot.server import DEFAULT_PORT
from bot.settings import Settings
from bot.telemetry.metrics import Metrics
from tests.deploy import dockerfile
from tests.deploy.dependencies import DEPLOY, project

FOLDER = DEPLOY / "kubernetes"
VERSIONS = ("1.31", "1.34", "1.37")
FINAL = dockerfile.stages()[-1]
VARIABLES = dockerfile.variables(FINAL)
_NAME = "app.kubernetes.io/name"


def load(name: str) -> dict[str, Any]:
    """Return the only document of a file."""
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return document


KUSTOMIZATION = load("kustomization.yaml")
RESOURCES = {document["kind"]: document for document in map(load, KUSTOMIZATION["resources"])}
PODS = {kind: RESOURCES[kind]["spec"]["template"] for kind in ("Deployment", "Job")}


def containers(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the containers of a workload."""
    yield from PODS[kind]["spec"]["containers"]


def test_the_kustomization_names_every_file() -> None:
    """A manifest that is left out is not applied, and nobody notices."""
    assert sorted(KUSTOMIZATION["resources"]) == sorted(
        each.name for each in FOLDER.iterdir() if each.name != "kustomization.yaml"
    )
    assert len(RESOURCES) == len(KUSTOMIZATION["resources"])
    (image,) = KUSTOMIZATION["images"]
    assert {each["image"] for kind in PODS for each in containers(kind)} == {image["name"]}
    assert image["newTag"] == project()["project"]["version"]


def test_kubectl_builds_the_same() -> None:
    """kubectl contains kustomize; where it is missing, the other tests read the files as kustomize does."""
    if shutil.which("kubectl"):
        command = ["kubectl", "kustomize", str(FOLDER)]
        built = subprocess.run(command, capture_output=True, text=True, check=True)
        assert {each["kind"] for each in yaml.safe_load_all(built.stdout)} == set(RESOURCES)
        for document in yaml.safe_load_all(built.stdout):
            kubernetes_validate.validate(document, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", RESOURCES)
def test_it_is_valid_by_the_schema(kind: str, version: str) -> None:
    """Misspelt keys are faults, too."""
    kubernetes_validate.validate(RESOURCES[kind], version, strict=True)


def test_the_schema_finds_a_misspelt_key() -> None:
    """The test above must be able to fail."""
    wrong = RESOURCES["Deployment"] | {"specs": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("kind", PODS)
def test_pods_meet_the_restricted_profile(kind: str) -> None:
    """See https://kubernetes.io/docs/concepts/security/pod-security-standards. The user is that of the image."""
    pod = PODS[kind]["spec"]
    (user,) = [each.argument for each in FINAL if each.name == "USER"]
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == user
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for container in containers(kind):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["requests"]
        assert "memory" in container["resources"]["limits"]
    assert RESOURCES["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert RESOURCES["ServiceAccount"]["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == RESOURCES["ServiceAccount"]["metadata"]["name"]


def test_secrets_are_named_only() -> None:
    """The manifests may lie in anybody's repository."""
    assert "Secret" not in RESOURCES
    for kind in PODS:
        for container in containers(kind):
            assert all("value" not in variable for variable in container.get("env", ()))
    assert {each.lower() for each in RESOURCES["ConfigMap"]["data"]} <= set(Settings.model_fields)
    assert not [each for each in RESOURCES["ConfigMap"]["data"] if "TOKEN" in each or "SECRET" in each or "KEY" in each]


def test_ports_are_those_of_the_code_and_of_the_image() -> None:
    """A probe of another port would restart a bot that is well."""
    (container,) = containers("Deployment")
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == {
        "http": DEFAULT_PORT,
        "health": int(VARIABLES["HEALTH_PORT"]),
    }
    settings = RESOURCES["ConfigMap"]["data"]
    assert settings["PORT"] == str(DEFAULT_PORT)
    assert settings["HEALTH_PORT"] == VARIABLES["HEALTH_PORT"]
    assert PODS["Deployment"]["metadata"]["annotations"]["prometheus.io/port"] == VARIABLES["HEALTH_PORT"]
    (port,) = RESOURCES["Service"]["spec"]["ports"]
    assert port["targetPort"] == "http"
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {probe["port"] for probe in probes.values()} == {"health"}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }


def test_selectors_select_the_bot() -> None:
    """The migration is no bot, but needs the network policy."""
    labels = PODS["Deployment"]["metadata"]["labels"]
    assert RESOURCES["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert RESOURCES["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert RESOURCES["Service"]["spec"]["selector"] == labels
    policy = RESOURCES["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
    assert policy == {_NAME: "zimerr"}
    assert all(policy.items() <= pod["metadata"]["labels"].items() for pod in PODS.values())
    assert PODS["Job"]["metadata"]["labels"] != labels


def test_the_network_policy_opens_the_ports_that_are_used() -> None:
    """Metrics are for Prometheus only; out go DNS, Slack and the database."""
    rules = RESOURCES["NetworkPolicy"]["spec"]
    assert rules["policyTypes"] == ["Ingress", "Egress"]
    ingress = {port["port"]: "from" in rule for rule in rules["ingress"] for port in rule["ports"]}
    assert ingress == {DEFAULT_PORT: False, int(VARIABLES["HEALTH_PORT"]): True}
    assert {port["port"] for rule in rules["egress"] for port in rule["ports"]} == {53, 443, 5432}


def test_pods_are_added_by_the_age_of_the_queue() -> None:
    """The metric must be one that the bot has; the autoscaler, not the deployment, sets the number of pods."""
    spec = RESOURCES["HorizontalPodAutoscaler"]["spec"]
    (metric,) = spec["metrics"]
    assert f"\n{metric['external']['metric']['name']} " in Metrics().exposition().decode()
    assert spec["scaleTargetRef"]["name"] == RESOURCES["Deployment"]["metadata"]["name"]
    assert spec["minReplicas"] == 2
    assert "replicas" not in RESOURCES["Deployment"]["spec"]


def test_the_migration_has_the_secret_of_the_database_only() -> None:
    """It does not need Slack's tokens."""
    (container,) = containers("Job")
    assert container["args"] == ["db", "upgrade"]
    assert [each["name"] for each in container["env"]] == ["DATABASE_URL"]
    assert "envFrom" not in container
