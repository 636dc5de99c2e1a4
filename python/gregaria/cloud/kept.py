"""The `--var`s of a cluster, kept in its folder: what was said once holds until the next word.

Terraform reads the file by itself, so `push`, `down` and a plain `terraform apply` know them too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gregaria.cloud.trouble import NOT_BEGUN, Trouble

#: The file. Terraform takes it after terraform.tfvars and before `-var`.
NAME = "gregaria.auto.tfvars.json"


def read(folder: Path) -> dict[str, Any]:
    """By name of the variable; nothing if none was ever given."""
    try:
        found = json.loads((folder / NAME).read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise Trouble(f"{NAME} cannot be read: {error}. Mend or delete it", NOT_BEGUN) from error
    return dict(found)


def write(folder: Path, values: dict[str, Any]) -> None:
    """Keeps these and no others, a line each."""
    if values:
        (folder / NAME).write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")


def forget(folder: Path) -> None:
    """Drops all of them: the cluster that they were said of is gone."""
    (folder / NAME).unlink(missing_ok=True)


def told(values: dict[str, Any]) -> str:
    """`lease = 2, worker_count = 6`."""
    return ", ".join(
        f"{name} = {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in sorted(values.items())
    )
