"""A node of the stack as a folder, what stands for its instance, and what it has told others."""

from __future__ import annotations

import http.server
import json
import os
import re
import sqlite3
import ssl
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import requests

from .ladder import LIMIT_SECONDS, Emulator, Stack

INSTANCE = "i-0123456789abcdef0"

METADATA = {
    "meta-data/instance-id": INSTANCE,
    "meta-data/local-ipv4": "10.42.0.10",
    "meta-data/placement/availability-zone": "eu-north-1a",
    "meta-data/public-ipv4": "198.51.100.20",
    "meta-data/iam/security-credentials/": "role",
    "meta-data/iam/security-credentials/role": json.dumps(
        {
            "AccessKeyId": "test",
            "SecretAccessKey": "test",
            "Token": "session",
            "Expiration": "2099-01-01T00:00:00Z",
        }
    ),
}


class Metadata(http.server.BaseHTTPRequestHandler):
    """Version 2 of the service: nothing is told without the token."""

    def do_PUT(self) -> None:
        self._answer(200, "t0k3n")

    def do_GET(self) -> None:
        if self.headers["X-aws-ec2-metadata-token"] != "t0k3n":
            return self._answer(401, "")
        if FLAKY.refuses(self.path):
            return self._answer(503, "")
        found = METADATA.get(self.path.removeprefix("/latest/"))
        return self._answer(404 if found is None else 200, found or "")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


class Trickle(http.server.BaseHTTPRequestHandler):
    """Answers without end, and often enough not to seem dead."""

    is_over = threading.Event()

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.is_over.wait(0.1):
            self.wfile.write(b".")

    def log_message(self, *_: object) -> None:
        pass


class Flaky:
    """Refuses some requests for some times: those that ask for, or bring, a text."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}

    def refuse(self, text: str, times: int) -> None:
        self.left[text] = times

    def refuses(self, request: str) -> bool:
        for text in [each for each in self.left if each in request]:
            self.left[text] -= 1
            if self.left[text] == 0:
                del self.left[text]
            return True
        return False

    def in_front_of(self, url: str) -> str:
        """The URL of a server that passes on what it does not refuse."""
        flaky = self

        class Front(http.server.BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if flaky.refuses(body.decode(errors="replace")):
                    return self.answer(503, b"")
                passed = requests.request(
                    self.command, url + self.path, data=body, headers=dict(self.headers), timeout=30
                )
                self.answer(passed.status_code, passed.content, passed.headers.get("ETag", ""))

            def answer(self, status: int, body: bytes, etag: str = "") -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", etag)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

            do_GET = do_PUT = do_POST = handle_any

        return f"http://127.0.0.1:{serve(Front).server_port}"


#: What the metadata service refuses.
FLAKY = Flaky()


def serve(handler: type, context: ssl.SSLContext | None = None) -> http.server.HTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Machine:
    """A node whose root is a folder."""

    def __init__(self, root: Path, files: dict[str, str], metadata: str) -> None:
        self.root = root
        for path, content in files.items():
            self.file(path).parent.mkdir(parents=True, exist_ok=True)
            self.file(path).write_text(content)
        self.file("/proc/sys").mkdir(parents=True)
        self.calls = root / "calls"
        tool = root / "bin/systemctl"
        tool.parent.mkdir()
        tool.write_text(f'#!/bin/sh\n[ "$1" = show ] && echo 4711 || echo "$@" >> {self.calls}\n')
        tool.chmod(0o755)
        self.file("/proc/4711").mkdir()
        self.limit_open_files("1048576")
        self.environment = {
            "GREGARIA_ROOT": str(root),
            "GREGARIA_METADATA_URL": metadata,
            "GREGARIA_PATIENCE": "1",
            "PATH": f"{tool.parent}:{os.environ['PATH']}",
        }

    def file(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def boot(self) -> subprocess.CompletedProcess[str]:
        return self.run("node.py")

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(self.file(f"/opt/gregaria/node/{program}")), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def limit_open_files(self, soft: str) -> None:
        """Lets the process of the service have this limit."""
        head = "Limit                     Soft Limit           Hard Limit           Units     \n"
        line = f"Max open files            {soft:<20} 1048576              files     \n"
        self.file("/proc/4711/limits").write_text(head + line)

    @property
    def told(self) -> list[str]:
        """What systemctl was told."""
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def edit_config(self, **changes: Any) -> None:
        path = self.file("/etc/gregaria/node.json")
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def states(cluster: Stack, account: Emulator) -> dict[str, Any]:
    """What the nodes have told, by the role that they act by."""
    s3, bucket = account.client("s3"), cluster.outputs()["bucket"]
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="nodes/")["Contents"]]
    found = [json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]) for key in keys]
    assert all(re.fullmatch(rf"nodes/\w+:{INSTANCE}/state\.json", key) for key in keys)
    return {each["role"]: each for each in found}


def kept_runs(master: Machine, cluster: Stack, account: Emulator) -> list[tuple[str]]:
    """What the copy of the run store in the bucket holds."""
    s3, bucket = account.client("s3"), cluster.outputs()["bucket"]
    (found,) = s3.list_objects_v2(Bucket=bucket, Prefix="results/")["Contents"]
    assert re.fullmatch(rf"results/\w+:{INSTANCE}/runs\.sqlite", found["Key"])
    copy = master.root / "copy.sqlite"
    copy.write_bytes(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    return sqlite3.connect(copy).execute("select name from run").fetchall()


def change_cluster(cluster: Stack, account: Emulator, **changes: Any) -> None:
    s3, bucket = account.client("s3"), cluster.outputs()["bucket"]
    key = "control/cluster.json"
    present = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps({**present, **changes}).encode())


def instances_of(cluster: Stack, account: Emulator) -> list[str]:
    """Workers that the group has."""
    (group,) = account.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[cluster.outputs()["worker_group"]]
    )["AutoScalingGroups"]
    return [each["InstanceId"] for each in group["Instances"]]


def shown(master: Machine) -> dict[str, Any]:
    """What the page is told of the cloud."""
    return json.loads(master.file("/run/gregaria-cloud/cloud.json").read_text())


def put_test(cluster: Stack, account: Emulator, **files: str) -> None:
    """As Terraform does after a change of the test."""
    path = cluster.folder / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    account.client("s3").put_object(
        Bucket=cluster.outputs()["bucket"], Key="bundle/test.zip", Body=path.read_bytes()
    )
