"""The stack in a folder of its own, Terraform in it, and the emulator below it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

from tests.system import ROOT

STACK = ROOT / "deploy/aws"

#: Seconds after which a run of Terraform has hung.
LIMIT_SECONDS = 120

REGION = "us-east-1"

#: What every plan of the tests is given.
VARIABLES = {"target_hosts": '["shop.test"]', "package": "wheels.zip"}


@dataclass(frozen=True)
class Emulator:
    """AWS as it is here, with the providers that speak to it."""

    url: str
    reattach: str
    folder: Path

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )

    def fail(self, **reasons: str) -> None:
        """From now on, types named here cannot be made."""
        (self.folder / "faults.json").write_text(json.dumps(reasons))

    def reset(self) -> None:
        """An empty account in which all goes well."""
        self.fail()
        requests.post(f"{self.url}/moto-api/reset", timeout=30).raise_for_status()

    def environment(self, folder: Path) -> dict[str, str]:
        """For a Terraform in this folder. Only one can be at work at a time."""
        (self.folder / "cwd").write_text(str(folder))
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "TF_", "GREGARIA_", "STANDIN_"))
        }
        return kept | {
            "TF_REATTACH_PROVIDERS": self.reattach,
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": os.devnull,
        }


@contextmanager
def emulator(folder: Path) -> Iterator[Emulator]:
    """One for as long as it is needed, in a process of its own: the tests run under gevent."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.aws.standin", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("w"),
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        line = process.stdout.readline()
        assert line, (folder / "log").read_text()
        yield Emulator(**json.loads(line), folder=folder)
        process.stdin.close()
        process.wait(LIMIT_SECONDS)


@dataclass(frozen=True)
class Stack:
    """A copy of the stack with a small package, as somebody has it who runs it."""

    folder: Path
    emulator: Emulator
    variables: dict[str, str] = field(default_factory=lambda: dict(VARIABLES))

    @classmethod
    def copy(cls, folder: Path, emulator: Emulator) -> Stack:
        ignored = shutil.ignore_patterns(".terraform*", ".gregaria", "*.tfstate*", "__pycache__")
        shutil.copytree(STACK, folder, ignore=ignored)
        wheels(folder / "wheels.zip")
        stack = cls(folder, emulator)
        stack.run("init", "-input=false")
        return stack

    def run(self, *words: str, code: int = 0, **variables: str) -> str:
        """Runs Terraform; returns what it has printed, in one line for each paragraph."""
        given = {f"TF_VAR_{name}": value for name, value in (self.variables | variables).items()}
        done = subprocess.run(
            ["terraform", *words, *([] if words[0] in ("fmt", "version") else ["-no-color"])],
            cwd=self.folder,
            env=self.emulator.environment(self.folder) | given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        told = done.stdout + done.stderr
        assert done.returncode == code, told[-3000:]
        return told

    def apply(self, **variables: str) -> None:
        self.run("apply", "-auto-approve", "-input=false", **variables)

    def refusal(self, **variables: str) -> str:
        """Why a plan with these variables is refused, as one line."""
        told = self.run("plan", "-input=false", code=1, **variables)
        return " ".join(told.replace("│", " ").split())

    def changes(self, **variables: str) -> dict[str, list[str]]:
        """What a plan would do, by address."""
        self.run("plan", "-input=false", "-out=plan", **variables)
        plan = json.loads(self.run("show", "-json", "plan"))
        return {
            each["address"]: each["change"]["actions"]
            for each in plan["resource_changes"]
            if each["change"]["actions"] != ["no-op"]
        }

    def outputs(self) -> dict[str, Any]:
        found = json.loads(self.run("output", "-json"))
        return {name: each["value"] for name, each in found.items()}

    def resources(self) -> list[dict[str, Any]]:
        """What is in the state: each with `type`, `name` and `values`."""
        shown = json.loads(self.run("show", "-json"))
        return shown.get("values", {}).get("root_module", {}).get("resources", [])


def wheels(path: Path) -> None:
    """A wheelhouse with a package of our name that says that it is there."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as wheel:
        wheel.writestr("gregaria/__init__.py", "STAND_IN = True\n")
        wheel.writestr("gregaria-0.1.dist-info/METADATA", "Name: gregaria\n")
        wheel.writestr("gregaria-0.1.data/purelib/beside.py", "")
        wheel.writestr("gregaria-0.1.data/scripts/gregaria", "")
    with zipfile.ZipFile(path, "w") as house:
        name = "gregaria-0.1-cp311-abi3-manylinux_2_34_x86_64.whl"
        house.writestr(zipfile.ZipInfo(name), inner.getvalue())
