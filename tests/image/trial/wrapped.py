"""Run one configuration in a container: python -m tests.image.trial.wrapped FILE; ends as regbot ends."""

import subprocess
import sys
from pathlib import Path

from tests.image.trial.container import IMAGE, hardened

folder = Path(sys.argv[1]).parent
# User 1000 reads it in there.
for each in (folder, folder.parent, Path(sys.argv[1])):
    each.chmod(0o755)
podman = ["podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs", "run", "--rm", "--no-healthcheck"]
command = [*podman, *hardened(f"{folder}:/etc/regbot:ro"), IMAGE, "once", "-c", "/etc/regbot/regbot.yml"]
sys.exit(subprocess.run(command, check=False).returncode)
