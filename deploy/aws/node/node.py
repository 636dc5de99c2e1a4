"""The first start of a node: software and secrets are fetched, then gregaria is started.

What goes wrong is written to the bucket, where the page and `gregaria cloud` find it.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
import time
import traceback
import urllib.error
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws import AwsError, Client, metadata

#: Everything is below this folder. Another one is for tests.
ROOT = Path(os.environ.get("GREGARIA_ROOT", "/"))
ETC = ROOT / "etc/gregaria"
HOME = ROOT / "opt/gregaria"
STATE = ROOT / "var/lib/gregaria-node"
KERNEL = ROOT / "proc/sys"

#: Is there while the service may run with another environment than the one that is written.
STALE = STATE / "stale"

#: Seconds in which a call is tried again: a new role is not known everywhere at once.
PATIENCE = float(os.environ.get("GREGARIA_PATIENCE", "300"))

#: Bytes of the log that a failure is told with.
TAIL = 4000


class BootError(Exception):
    """Why a node cannot work. The text is for the person who has started it."""


class Node:
    """What a node was told at its first start, and what it makes of it."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = json.loads((ETC / "node.json").read_text())
        self.role: str = self.config["role"]
        self.bucket: str = self.config["bucket"]
        self.client = Client(self.config["region"], self.config["endpoint"])
        self.own_id = patiently(lambda: metadata("meta-data/instance-id"))
        self.zone = patiently(lambda: metadata("meta-data/placement/availability-zone"))
        #: As AWS calls whoever acts with the role of this instance.
        self.identity = f"{self.config['role_id']}:{self.own_id}"

    def tell(self, state: str, **more: object) -> None:
        """Writes how the node is to where others look for it."""
        told = {"role": self.role, "state": state, "at": int(time.time()), **more}
        key = f"nodes/{self.identity}/state.json"
        body = json.dumps(told).encode()
        self.client.put_object(self.bucket, key, body, "application/json")

    def boot(self) -> None:
        """Everything from an empty machine to a running service."""
        private_ip = patiently(lambda: metadata("meta-data/local-ipv4"))
        patiently(lambda: self.tell("booting", private_ip=private_ip))
        set_kernel_limits()
        self._install()
        write(ETC / "certificate.pem", self.config["certificate"], 0o644)
        self._fetch_secrets()
        if self.role == "master":
            self._fetch_test()
        found = patiently(lambda: self.client.get_object(self.bucket, "control/cluster.json"))
        assert found is not None, "an object without an ETag to compare is sent"
        patiently(lambda: self.configure(json.loads(found[0])))
        STALE.unlink(missing_ok=True)
        system("systemctl", "enable", "--now", "gregaria.service")
        limits = {name: limit_of(name) for name in KERNEL_LIMITS}
        files, shortage = open_files()
        limits["open files"] = files
        told = {"limits": limits, "private_ip": private_ip, "python": sys.version.split()[0]}
        # A worker joins under this name.
        told["host"] = os.uname().nodename
        if shortage:
            log(shortage)
            told["reason"] = shortage
        patiently(lambda: self.tell("ready", **told))

    def configure(self, cluster: dict[str, Any]) -> None:
        """Writes the environment of the service, and notes if it is another one than before."""
        variables = {
            "PYTHONPATH": str(HOME / "site"),
            "GREGARIA_ALLOWED_HOSTS": ",".join(cluster["allowed_hosts"]),
            "GREGARIA_CLOUD": "/run/gregaria-cloud/cloud.json",
            "GREGARIA_CLOUD_END": "/run/gregaria/end",
            "GREGARIA_ZONE": self.zone,
        }
        if self.role == "master":
            variables["GREGARIA_WEB_NAME"] = self._names()
        text = "".join(f"{name}={value}\n" for name, value in variables.items())
        path = ETC / "gregaria.env"
        if not path.exists() or path.read_text() != text:
            # First, so that it is not forgotten whatever happens after this line.
            write(STALE, "", 0o644)
            write(path, text, 0o644)

    def _names(self) -> str:
        """Addresses that the page may be asked for: a page of another name is refused."""
        try:
            public = [metadata("meta-data/public-ipv4")]
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            public = []
        return ",".join([*public, self.config["master"]])

    def _install(self) -> None:
        """Unpacks the wheels, each of which is an archive of what it installs."""
        told = self.config["wheelhouse"]
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if version != told["python"]:
            raise BootError(
                f"the image has Python {version}, and the packages are for {told['python']}: "
                f'set python_version = "{version}", or take another image'
            )
        found = patiently(lambda: self.client.get_object(self.bucket, told["key"]))
        assert found is not None, "an object without an ETag to compare is sent"
        if hashlib.sha256(found[0]).hexdigest() != told["sha256"]:
            raise BootError(f"{told['key']} is not what was uploaded: its SHA-256 is another one")
        with zipfile.ZipFile(io.BytesIO(found[0])) as archive:
            for name in archive.namelist():
                if name.endswith(".whl"):
                    unpack_wheel(io.BytesIO(archive.read(name)), HOME / "site")

    def _fetch_secrets(self) -> None:
        folder = ETC / "secrets"
        secrets = {
            name: patiently(lambda name=name: self.client.parameter(f"/{self.stack}/{name}"))
            for name in self.config["secrets"]
        }
        if self.role == "worker":
            place = f"{self.config['master']}:{self.config['join_port']}"
            token = secrets.pop("join-token")
            secrets["invitation"] = f"gregaria://{place}/{self.config['fingerprint']}/{token}"
        else:
            secrets["master.pem"] = self.config["certificate"] + secrets["page-key"]
        for name, text in secrets.items():
            write(folder / name, text, 0o600)

    @property
    def stack(self) -> str:
        """Its name."""
        return self.config["stack"]

    def _fetch_test(self) -> None:
        found = patiently(lambda: self.client.get_object(self.bucket, "bundle/test.zip"))
        assert found is not None, "an object without an ETag to compare is sent"
        unpack_test(found[0], HOME / "test")
        write(STATE / "test.etag", found[1], 0o644)


#: What is read back after it was set: the kernel or a container may refuse, and the state says so.
KERNEL_LIMITS = (
    "fs.nr_open",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_tw_reuse",
    "net.core.somaxconn",
)


def limit_of(name: str) -> str:
    """A limit as it is, or `?`."""
    try:
        return (KERNEL / name.replace(".", "/")).read_text().strip().replace("\t", " ")
    except OSError:
        return "?"


def open_files() -> tuple[str, str]:
    """How many files gregaria may have open, or `?`, and what there is to say of it.

    This process has other limits: those of the service are read from its own.
    """
    unit = (ROOT / "etc/systemd/system/gregaria.service").read_text()
    wanted = unit.partition("\nLimitNOFILE=")[2].split()[0]
    show = ("systemctl", "show", "--property=MainPID", "--value", "gregaria.service")
    files, end = "?", time.monotonic() + min(10, PATIENCE)
    while True:
        # Until the program is there, the process is one of systemd's, with limits of its own.
        try:
            text = (ROOT / "proc" / system(*show).strip() / "limits").read_text()
            files = text.partition("\nMax open files")[2].split()[0]
        except (BootError, OSError, IndexError):
            files = "?"
        if files != "?" and int(files) >= int(wanted):
            return files, ""
        if time.monotonic() > end:
            return files, f"gregaria may have {files} files open, and {wanted} were asked for"
        time.sleep(0.2)


def set_kernel_limits() -> None:
    """Applies our settings, each for itself: one that is refused does not keep the others back."""
    for line in (ROOT / "etc/sysctl.d/90-gregaria.conf").read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            try:
                (KERNEL / name.strip().replace(".", "/")).write_text(value.strip())
            except OSError as error:
                log(f"{name.strip()} stays {limit_of(name.strip())}: {error.strerror}")


def patiently(call: Callable[[], Any]) -> Any:
    """Makes a call until it succeeds or patience is at its end, and twice at least."""
    end = time.monotonic() + PATIENCE
    for tries in itertools.count(1):
        try:
            return call()
        except (AwsError, OSError) as error:
            if tries > 1 and time.monotonic() > end:
                raise BootError(f"given up after {PATIENCE:.0f} seconds: {error}") from error
            log(f"tried again: {error}")
            time.sleep(min(3, PATIENCE / 10))


def unpack_wheel(wheel: io.BytesIO, site: Path) -> None:
    """What an installer does with a wheel, less its scripts."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            head, _, rest = name.partition("/")
            if head.endswith(".data"):
                kind, _, rest = rest.partition("/")
                if kind not in ("purelib", "platlib"):
                    continue
            else:
                rest = name
            if not name.endswith("/"):
                write(inside(site, rest), archive.read(name), 0o644)


def unpack_test(packed: bytes, folder: Path) -> None:
    """Makes the folder hold these files and no others. A file is never seen half written."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        for name in names:
            write(inside(folder, name), archive.read(name), 0o644)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and str(path.relative_to(folder)) not in names:
            path.unlink()


def inside(folder: Path, name: str) -> Path:
    """The path of a name from an archive, which must not lead elsewhere."""
    if name.startswith("/") or ".." in name.split("/"):
        raise BootError(f"an archive holds the name {name!r}, which is refused")
    return folder / name


def write(path: Path, content: str | bytes, mode: int) -> None:
    """Writes a file as a whole or not at all, never readable by more than it shall be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    data = content.encode() if isinstance(content, str) else content
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), mode)
    new.replace(path)


def system(*words: str) -> str:
    """Runs a command of the system; returns what it prints."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BootError(f"`{' '.join(words)}` failed: {done.stderr.strip()}")
    return done.stdout


def log(text: str) -> None:
    """For the log of cloud-init."""
    sys.stderr.write(f"gregaria: {text}\n")
    sys.stderr.flush()


def tail() -> str:
    """The end of the log of the first start."""
    try:
        return (ROOT / "var/log/cloud-init-output.log").read_text(errors="replace")[-TAIL:]
    except OSError:
        return ""


def main() -> int:
    """Boots the node; returns the exit code."""
    node: Node | None = None
    try:
        node = Node()
        node.boot()
    except Exception as error:
        log(traceback.format_exc())
        reason = str(error) if isinstance(error, BootError) else f"{type(error).__name__}: {error}"
        if node is not None:
            told = {"reason": reason, "log": tail()}
            try:
                patiently(lambda: node.tell("failed", **told))
            except BootError as refused:
                log(f"the failure is not told: {refused}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
