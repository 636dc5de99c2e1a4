"""Machines that boot as those of AWS do: systemd, cloud-init and the user data, in a container."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.cluster.hosts import Host

#: What has to be there. Debian's packages are named after what brings the program.
PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ip": "iproute2",
}

#: Debian 12 with what a node needs, and nothing of ours.
PACKAGES = "systemd,systemd-sysv,dbus,cloud-init,python3,procps,iproute2"

#: Seconds in which that is fetched and unpacked.
LIMIT_SECONDS = 600


class NotPossible(Exception):
    """Why no machine can be booted here."""


def check() -> None:
    """Raises `NotPossible` if something is missing."""
    missing = [package for name, package in PROGRAMS.items() if shutil.which(name) is None]
    if missing:
        raise NotPossible(f"Debian packages are missing: {' '.join(missing)}")
    if os.geteuid() != 0:
        raise NotPossible("only root can boot a container")


def make_root(folder: Path) -> None:
    """Unpacks a system that has never been started into a folder."""
    done = subprocess.run(
        ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise NotPossible(f"there is no Debian to boot: {done.stderr[-500:]}")


class Machine:
    """One that is booting from its user data, on a host of the test's network."""

    def __init__(self, root: Path, folder: Path, name: str, host: Host, user_data: bytes) -> None:
        self.name = name
        self.host = host
        self.root = folder / name
        subprocess.run(["cp", "-a", "--reflink=auto", str(root), str(self.root)], check=True)
        seed = self.root / "var/lib/cloud/seed/nocloud"
        seed.mkdir(parents=True)
        (seed / "meta-data").write_text(f"instance-id: {name}\nlocal-hostname: {name}\n")
        (seed / "user-data").write_bytes(user_data)
        self._console = folder / f"{name}.console"
        command = ["systemd-nspawn", "--boot", "--register=no", "--keep-unit", "--console=pipe"]
        command += [f"--directory={self.root}", f"--machine={host.namespace}"]
        command += [f"--network-namespace-path=/run/netns/{host.namespace}"]
        with self._console.open("w") as console:
            self.process = subprocess.Popen(
                command,
                # As on a machine of its own: limits of its network can be set.
                env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )

    def log(self) -> str:
        """What cloud-init and the journal hold."""
        output = self.root / "var/log/cloud-init-output.log"
        said = output.read_text(errors="replace") if output.exists() else ""
        journal = subprocess.run(
            ["journalctl", "--directory", str(self.root / "var/log/journal"), "--no-pager"],
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{self._console.read_text()}\n{said[-4000:]}\n{journal.stdout[-6000:]}"

    def has_ended(self) -> bool:
        """Whether it is turned off."""
        return self.process.poll() is not None

    def close(self) -> None:
        """Pulls the plug."""
        if not self.has_ended():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        subprocess.run(["rm", "-rf", str(self.root)], check=True)
