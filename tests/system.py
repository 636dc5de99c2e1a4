"""One way to run a locustfile on gregaria and on the real Locust."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: Seconds after which a run has hung.
LIMIT_SECONDS = 60


@dataclass(frozen=True)
class System:
    """A program that runs locustfiles: ours or the real one."""

    name: str
    command: tuple[str, ...]

    def run(self, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        """Runs it to its end and returns its exit code, standard output and log."""
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("LOCUST_", "GREGARIA_"))
        }
        return subprocess.run(
            [*self.command, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_SECONDS,
            check=False,
        )
