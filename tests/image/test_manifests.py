from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.regbot import regbot

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
KUBERNETES: Final = sorted(DEPLOY.glob("kubernetes/*.y*ml"))


def read(name: str) -> Any:  # noqa: ANN401 -- whatever YAML holds
    """Return the one document of a file."""
    return yaml.safe_load((DEPLOY / name).read_text())


def pods() -> dict[str, dict[str, Any]]:
    """Return the specifications of pods, by what makes them."""
    return {
        "deployment": read("kubernetes/deployment.yml")["spec"]["template"]["spec"],
        "cronjob": read("kubernetes/cronjob.yml")["spec"]["jobTemplate"]["spec"]["template"]["spec"],
    }


@pytest.mark.parametrize("path", [path for path in KUBERNETES if path.name != "regbot.yml"], ids=lambda path: path.name)
def test_every_object_is_named(path: Path) -> None:
    """Every manifest is one object with version and kind."""
    found = yaml.safe_load(path.read_text())
    assert {"apiVersion", "kind"} <= found.keys()


def test_everything_is_applied() -> None:
    """kustomization.yaml lists every manifest but the example of a secret."""
    listed = read("kubernetes/kustomization.yaml")["resources"]
    others = {"kustomization.yaml", "secret.example.yml", "regbot.yml"}
    assert sorted(listed) == sorted(path.name for path in KUBERNETES if path.name not in others)


@pytest.mark.parametrize("name", ["deployment", "cronjob"])
def test_pods_are_hardened(name: str) -> None:
    """A pod is a plain user without capabilities under the profile, its root is read-only, and it knows no cluster."""
    pod = pods()[name]
    (container,) = pod["containers"]
    security = pod["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"]) == (True, 1000)
    assert security["seccompProfile"] == {"type": "Localhost", "localhostProfile": "profiles/regbot-container.json"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert {"memory"} <= container["resources"]["limits"].keys()
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()


@pytest.mark.parametrize("name", ["deployment", "cronjob"])
def test_mounts(name: str) -> None:
    """Every volume is mounted; what is secret is read-only, and readable for nobody but user and group."""
    pod = pods()[name]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts.keys() == volumes.keys()
    assert mounts["docker"]["mountPath"] == "/home/appuser/.docker"
    for volume_name, volume in volumes.items():
        if "secret" in volume or "configMap" in volume:
            assert mounts[volume_name]["readOnly"] is True
        assert volume.get("secret", {}).get("defaultMode", 0o440) == 0o440


def test_probes() -> None:
    """Life is asked for at /healthz and readiness at /readyz, at the port that the server is told to listen at."""
    (container,) = pods()["deployment"]["containers"]
    (port,) = container["ports"]
    probed = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {probe["port"] for probe in probed.values()} == {port["name"]}
    assert [probe["path"] for probe in probed.values()] == ["/healthz", "/healthz", "/readyz"]
    assert f"--listen=0.0.0.0:{port['containerPort']}" in container["args"]
    assert any(word.startswith("--token-file=") for word in container["args"])


def test_one_server_at_a_time() -> None:
    """The server that is there ends before another begins."""
    deployment = read("kubernetes/deployment.yml")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert read("kubernetes/cronjob.yml")["spec"]["concurrencyPolicy"] == "Forbid"


def test_network() -> None:
    """Nothing goes in but to the server's port, and nothing out but to name servers and port 443."""
    policy = read("kubernetes/networkpolicy.yml")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == ["http"]
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53, 443}
    blocks = [block["ipBlock"] for rule in policy["egress"] for block in rule["to"] if "ipBlock" in block]
    assert "169.254.0.0/16" in blocks[0]["except"]


def test_compose() -> None:
    """The service of Compose is hardened in the same way; its port is this machine's only."""
    service = read("compose.yml")["services"]["regbot"]
    assert (service["user"], service["read_only"], service["cap_drop"]) == ("1000:1000", True, ["ALL"])
    (profile,) = (each.removeprefix("seccomp:") for each in service["security_opt"] if each.startswith("seccomp:"))
    assert (DEPLOY / profile).resolve() == DEPLOY.parent / "seccomp" / "container.json"
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "init" not in service


def test_configuration() -> None:
    """The configuration to begin with has no fault, and the copy that kustomize wants beside it is the same."""
    ended = regbot("check", "-c", str(DEPLOY / "regbot.yml"))
    assert (ended.status, ended.stderr) == (0, "")
    assert (DEPLOY / "kubernetes/regbot.yml").read_bytes() == (DEPLOY / "regbot.yml").read_bytes()


@pytest.mark.parametrize(
    "setting",
    [
        *("NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "PrivateTmp=yes", "DynamicUser=yes"),
        *(
            "Type=notify",
            "KillMode=mixed",
            'ExecReload=/bin/sh -c "kill -HUP $MAINPID"',
            "LoadCredential=token:/etc/regbot/token",
        ),
    ],
)
def test_unit(setting: str) -> None:
    """The unit of systemd has the settings that its safety, and an end in order, rest on."""
    assert setting in (DEPLOY / "systemd/regbot.service").read_text().splitlines()


def test_unit_allows_the_sandbox() -> None:
    """Every kind of namespace, and every call, that walls are made of is left to the service."""
    text = (DEPLOY / "systemd/regbot.service").read_text()
    (kinds,) = re.findall(r"^RestrictNamespaces=(.*)$", text, re.MULTILINE)
    assert set(kinds.split()) == {"user", "net", "ipc", "uts", "mnt", "pid"}
    calls = " ".join(re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE)).split()
    assert {"mount", "umount2", "pivot_root", "landlock_create_ruleset", "landlock_restrict_self"} <= {*calls}


@pytest.mark.parametrize("name", ["compose.yml", "kubernetes/deployment.yml", "systemd/regbot.service"])
def test_words_are_known(name: str) -> None:
    """Every option that the server is started with is one that it has."""
    known = {*re.findall(r"--[a-z-]+", regbot("server", "--help").stdout)}
    lines = [line for line in (DEPLOY / name).read_text().splitlines() if not line.lstrip().startswith("#")]
    used = {
        *re.findall(r"(?:^|[\s-])(--(?:config|state|files|listen|token-file|logopt|watch|grace)\b)", "\n".join(lines))
    }
    assert {"--config", "--state", "--listen", "--token-file"} <= used <= known
