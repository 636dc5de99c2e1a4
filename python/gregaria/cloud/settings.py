"""A variable of the stack as Terraform takes it, where no state and no plan says what it was."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gregaria.cloud.trouble import NOT_BEGUN, Trouble


def text(folder: Path, name: str, words: list[str]) -> str:
    """The value of a variable of text. `words` are the `-var NAME=VALUE` of this call.

    Looked for where Terraform does, in its order: the call, files of variables, the environment,
    the default.
    """
    for word in reversed(words[1::2]):
        given, _, value = word.partition("=")
        if given == name:
            return value
    files = [folder / "terraform.tfvars", folder / "terraform.tfvars.json"]
    files += sorted([*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json")])
    assigned = re.compile(rf'^\s*"?{name}"?\s*[=:]\s*"([^"]*)"', re.MULTILINE)
    for path in reversed(files):
        found = assigned.findall(path.read_text()) if path.exists() else []
        if found:
            return str(found[-1])
    if f"TF_VAR_{name}" in os.environ:
        return os.environ[f"TF_VAR_{name}"]
    default = re.compile(
        rf'^variable "{name}" \{{\n(?:.*\n)*?\s*default\s*=\s*"([^"]*)"', re.MULTILINE
    )
    for path in sorted(folder.glob("*.tf")):
        found = default.findall(path.read_text())
        if found:
            return str(found[0])
    raise Trouble(f"the stack in `{folder}` has no variable `{name}` of text", NOT_BEGUN)
