"""The unit of systemd, under a systemd that is the first process of a container."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.image.trial.container import IMAGE, ROOT, WITHIN, fitting
from tests.image.trial.engine import TrialError, podman, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "localhost/regbot-trial-systemd:latest"
_FILE: Final = f"""
FROM {IMAGE}
USER 0
RUN --mount=type=bind,from=carried,target=/carried \\
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /carried/packages/systemd/*.deb; \\
    rm -r /var/lib/regbot
ENTRYPOINT ["/lib/systemd/systemd"]
"""
# As docs/deploying.md says, but for the token: on a kernel without access lists on tmpfs (CONFIG_TMPFS_POSIX_ACL) no
# service can read what LoadCredential= gives it, and loopback needs none.
_INSTALL: Final = """
install -m 644 /deploy/systemd/regbot.service /etc/systemd/system/
install -d /etc/regbot /etc/systemd/system/regbot.service.d
install -m 644 /deploy/regbot.yml /etc/regbot/
printf '[Service]\\nLoadCredential=\\nExecStart=\\n' > /etc/systemd/system/regbot.service.d/trial.conf
sed -n '/^ExecStart=/,/[^\\\\]$/p' /deploy/systemd/regbot.service | sed 's/ --token-file [^ ]*//' \\
    >> /etc/systemd/system/regbot.service.d/trial.conf
systemctl daemon-reload
systemctl enable --now regbot
"""
_ASK: Final = """
import json, time, urllib.request
api = "http://127.0.0.1:8080/api/v1/"
started = urllib.request.Request(api + "scripts/hello/runs", b"{}", {"Content-Type": "application/json"})
number = json.load(urllib.request.urlopen(started))["id"]
while not (run := json.load(urllib.request.urlopen(f"{api}runs/{number}")))["ended"]:
    time.sleep(0.05)
print(json.dumps(run))
"""


def tried(carried: Path, scratch: Path) -> str:
    """Start, ask, reload and stop the service; return the exposure that systemd sees in it."""
    _build(carried, scratch)
    with _booted() as name:
        podman("exec", name, "sh", "-eu", "-c", _INSTALL)
        record = json.loads(podman("exec", name, "python3", "-c", _ASK))
        if record["outcome"] != "success":
            raise TrialError(f"the script of deploy/regbot.yml does not succeed under systemd: {record}")
        podman("exec", name, "systemctl", "reload", "regbot")
        exposure = podman("exec", name, "systemd-analyze", "security", "--no-pager", "regbot").splitlines()[-1]
        podman("exec", name, "systemctl", "stop", "regbot")
        ended = podman("exec", name, "systemctl", "show", "--property", "Result,ExecMainStatus", "regbot")
        if set(ended.split()) != {"Result=success", "ExecMainStatus=0"}:
            raise TrialError(f"the service does not stop as it should: {ended}")
    return f"starts, runs a script, reloads and stops; {exposure.strip(' →🙂')}"


def _build(carried: Path, scratch: Path) -> None:
    file = scratch / "Containerfile"
    file.write_text(_FILE)
    run("buildah", "build", "--format", "docker", "--network", "none", "--tag", NAME, "--file", file,
        "--build-context", f"carried={carried}", scratch)  # fmt: skip


@contextmanager
def _booted() -> Iterator[str]:
    """Boot systemd in a container, give its name."""
    name = f"regbot-trial-systemd-{os.getpid()}"
    words = ("--privileged", "--systemd", "always", "--no-healthcheck", "--volume", f"{ROOT / 'deploy'}:/deploy:ro")
    try:
        podman("run", "--detach", "--name", name, *words, *fitting(), NAME)
        end = time.monotonic() + WITHIN
        while podman("exec", name, "sh", "-c", "systemctl is-system-running --wait || true").strip() != "running":
            if time.monotonic() > end:
                raise TrialError(f"systemd does not come up:\n{podman('logs', name, quiet=False)}")
            time.sleep(0.2)
        yield name
    finally:
        podman("rm", "--force", "--time", "0", name)
