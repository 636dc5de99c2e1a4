"""The manifests under deploy/kubernetes: valid for Kubernetes, and meant for this program."""

from copy import deepcopy
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gregaria import _native
from tests.system import ROOT

#: The oldest and the newest release of Kubernetes that the manifests are checked against.
VERSIONS = ("1.29", kubernetes_validate.latest_version())

Document = dict[str, Any]

DOCUMENTS: list[Document] = [
    document
    for path in sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]
PODS = [document for document in DOCUMENTS if document["kind"] in ("Job", "Deployment")]


def find(kind: str) -> Document:
    """The only document of a kind."""
    (found,) = [document for document in DOCUMENTS if document["kind"] == kind]
    return found


def pod_of(document: Document) -> Document:
    return document["spec"]["template"]["spec"]


def container_of(document: Document) -> Document:
    (container,) = pod_of(document)["containers"]
    return container


def options_of(document: Document) -> dict[str, object]:
    """What our command line makes of the arguments; there is no word that it does not know."""
    options, left, unknown, _ = _native.parse_command_line(
        container_of(document)["args"], {}, [], []
    )
    assert not left and not unknown, (left, unknown)
    return options


def name(document: Document) -> str:
    return document["kind"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_manifest_is_valid_for_the_schema(document: Document, version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("document", PODS, ids=name)
def test_an_unknown_field_would_be_found(document: Document) -> None:
    broken = deepcopy(document)
    container_of(broken)["resourses"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="resourses"):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_the_arguments_are_those_of_a_master_and_its_workers() -> None:
    master, worker = options_of(find("Job")), options_of(find("Deployment"))
    assert (master["master"], master["worker"]) == (True, False)
    assert (worker["master"], worker["worker"]) == (False, True)
    assert master["expect_workers"] == find("Deployment")["spec"]["replicas"]
    assert master["locustfile"] == worker["locustfile"]


def test_workers_find_the_port_of_the_master() -> None:
    (port,) = find("Service")["spec"]["ports"]
    (opened,) = container_of(find("Job"))["ports"]
    assert port["targetPort"] == opened["name"]
    listening = options_of(find("Job"))["master_bind_port"]
    assert port["port"] == opened["containerPort"] == listening


def test_selectors_match_the_pods_they_are_for() -> None:
    deployment, job = find("Deployment"), find("Job")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    selector = find("Service")["spec"]["selector"]
    assert selector.items() <= job["spec"]["template"]["metadata"]["labels"].items()
    assert not selector.items() <= labels.items()


@pytest.mark.parametrize("document", PODS, ids=name)
def test_secrets_are_mounted_files_and_no_arguments(document: Document) -> None:
    container, options = container_of(document), options_of(document)
    volumes = {volume["name"]: volume for volume in pod_of(document)["volumes"]}
    mounts = {
        mount["mountPath"]: volumes[mount["name"]]
        for mount in container["volumeMounts"]
        if mount.get("readOnly")
    }
    secrets = [path for path, volume in mounts.items() if "secret" in volume]
    files = [options[key] for key in ("join_token_file", "certificate", "invitation")]
    given = [path for path in files if isinstance(path, str)]
    assert given and all(path.startswith(f"{secrets[0]}/") for path in given)
    assert options["join_token"] is None
    assert not any("gjt1-" in word or "gregaria://" in word for word in container["args"])
    assert "env" not in container


@pytest.mark.parametrize("document", PODS, ids=name)
def test_a_pod_has_few_rights_and_bounded_resources(document: Document) -> None:
    pod, container = pod_of(document), container_of(document)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["automountServiceAccountToken"] is False
    rights = container["securityContext"]
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert "memory" in container["resources"]["limits"]
