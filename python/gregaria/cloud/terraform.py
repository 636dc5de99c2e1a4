"""Terraform in the folder of a cluster."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gregaria.cloud.trouble import NOT_BEGUN, Trouble

#: The oldest version that the stack is written for.
OLDEST = (1, 9)

#: Exit code of `plan -detailed-exitcode` when there is something to do.
HAS_CHANGES = 2


@dataclass(frozen=True)
class Plan:
    """What Terraform would do, kept in a file until it is done."""

    file: str
    actions: dict[str, list[str]]
    """`create`, `update`, `delete`, by address. What stays is not here."""
    outputs: dict[str, Any]
    """Those that are known before it is done."""
    before: dict[str, Any]
    """The outputs of the cluster that is there."""
    variables: dict[str, Any]


class Terraform:
    """Runs it. Its own messages go to stderr, so that a failure is told in its own words."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder
        self._program = program
        self.is_interrupted = False
        """Whether somebody has pressed Ctrl-C while it ran."""

    @classmethod
    def find(cls, folder: Path) -> Terraform:
        """The one on the PATH. Raises `Trouble` if there is none, or one that is too old."""
        program = shutil.which("terraform")
        if program is None:
            raise Trouble(
                "terraform is not on the PATH: install 1.9 or later, "
                "https://developer.hashicorp.com/terraform/install",
                NOT_BEGUN,
            )
        terraform = cls(folder, program)
        version = str(json.loads(terraform._read("version", "-json"))["terraform_version"])
        parts = version.split(".")
        if (int(parts[0]), int(parts[1])) < OLDEST:
            text = f"terraform {version} is too old: the stack needs 1.9 or later"
            raise Trouble(text, NOT_BEGUN)
        return terraform

    def init(self) -> None:
        """Gets the providers ready."""
        done = self._call("init", "-input=false", is_quiet=True)
        if done.returncode != 0:
            text = f"terraform cannot get its providers:\n{_words(done)}"
            raise Trouble(text, NOT_BEGUN)

    def plan(self, *words: str) -> Plan:
        """What an apply would do. A plan that is refused is told in the words of the stack."""
        done = self._call(
            *("plan", "-input=false", "-detailed-exitcode", "-out=plan.out", *words), is_quiet=True
        )
        if done.returncode not in (0, HAS_CHANGES):
            raise Trouble(f"the plan is refused:\n{_words(done)}", NOT_BEGUN)
        shown = json.loads(self._read("show", "-json", "plan.out"))
        actions = {
            change["address"]: change["change"]["actions"]
            for change in shown.get("resource_changes", [])
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }
        outputs = {
            name: change["after"]
            for name, change in shown.get("output_changes", {}).items()
            if "after" in change
        }
        before = {
            name: change["before"]
            for name, change in shown.get("output_changes", {}).items()
            if change.get("before") is not None
        }
        variables = {name: each.get("value") for name, each in shown.get("variables", {}).items()}
        return Plan("plan.out", actions, outputs, before, variables)

    def apply(self, plan: Plan) -> None:
        """Does what was planned. Raises `Trouble` if it stops on the way."""
        done = self._call("apply", "-input=false", plan.file)
        if done.returncode != 0:
            raise Trouble("terraform stopped on the way: see above")

    def forget(self, plan: Plan) -> None:
        """Deletes its file, which holds secrets as the state does."""
        (self.folder / plan.file).unlink(missing_ok=True)

    def destroy(self, *words: str) -> None:
        """Removes everything in the state."""
        if self._call("destroy", "-input=false", "-auto-approve", *words).returncode != 0:
            raise Trouble("terraform could not remove everything: see above")

    def state(self) -> list[dict[str, Any]]:
        """What was made and is not removed yet: each with `address`, `type` and `values`."""
        shown = json.loads(self._read("show", "-json"))
        resources = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return [each for each in resources if each["mode"] == "managed"]

    def outputs(self) -> dict[str, Any]:
        """The outputs of the stack, secret ones too."""
        told = json.loads(self._read("output", "-json"))
        return {name: each["value"] for name, each in told.items()}

    def _read(self, *words: str) -> str:
        done = self._call(*words, is_quiet=True)
        if done.returncode != 0:
            raise Trouble(f"`terraform {words[0]}` failed:\n{_words(done)}")
        return str(done.stdout)

    def _call(self, *words: str, is_quiet: bool = False) -> subprocess.CompletedProcess[str]:
        command = [self._program, *words, *(["-no-color"] if words[0] != "version" else [])]
        environment = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        # What is not read goes to our stderr: a script reads our stdout.
        stdout = subprocess.PIPE if is_quiet else 2
        stderr = subprocess.PIPE if is_quiet else None
        with (
            self._interrupts_left_to_terraform(),
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                # State and plan hold passwords and keys, and Terraform writes them for all to read.
                umask=0o077,
            ) as process,
        ):
            out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    @contextmanager
    def _interrupts_left_to_terraform(self) -> Iterator[None]:
        """Ctrl-C reaches Terraform as well, which ends in order: if it were killed, what it has
        just made would be in no state and nobody would remove it."""

        def remember(*_: object) -> None:
            self.is_interrupted = True

        before = signal.signal(signal.SIGINT, remember)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _words(done: subprocess.CompletedProcess[str]) -> str:
    """The errors of a run, without the frames that Terraform draws around them."""
    text = done.stderr.strip() or done.stdout.strip()
    lines = [line.strip("│╷╵").rstrip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line.strip())
