"""Cuts the resource types of our stack out of the published bindings of their providers.

    python tests/aws/extract.py

fetches the packages from npm into a folder for the moment and writes tests/aws/schema.jsonl. The
bindings are generated from each provider's own schema. They keep names, types, nesting and what is
required; what is lost: whether an optional value is also computed, defaults, validators, and which
change forces a new resource.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STACK = HERE.parents[1] / "deploy/aws"

#: The package of each provider, and the binary that it stands for.
PACKAGES = {
    "aws": "@cdktf/provider-aws@21.22.1",
    "archive": "@cdktf/provider-archive@11.0.1",
    "external": "@cdktf/provider-external@11.0.1",
    "http": "@cdktf/provider-http@10.0.1",
    "local": "@cdktf/provider-local@11.1.1",
    "random": "@cdktf/provider-random@12.0.1",
    "tls": "@cdktf/provider-tls@11.0.1",
}

ENTRY = re.compile(
    r'(\w+): \{\s*value: (.*?),\s*isBlock: (true|false),\s*type: "(\w+)",'
    r'\s*storageClassType: "(\w+)",?\s*\}',
    re.DOTALL,
)
COMPUTED = re.compile(
    r"// (\w+) - computed: true, optional: false, required: false\s+"
    r"get \w+\(\) \{\s*return (?:this\.get(\w+)Attribute\()?"
)
COMPUTED_MAP = re.compile(r'new cdktf\.(StringMap)\(this, "(\w+)"')
SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}
GETTERS: dict[str, Any] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "StringMap": ["map", "string"],
}


def used() -> dict[str, set[tuple[str, str]]]:
    """By provider: what the stack uses, as (`resource` or `data`, type)."""
    found: dict[str, set[tuple[str, str]]] = {name: set() for name in PACKAGES}
    for path in STACK.rglob("*.tf"):
        for kind, name in re.findall(r'^(resource|data) "(\w+)"', path.read_text(), re.MULTILINE):
            provider = name.partition("_")[0]
            if provider in found:
                found[provider].add((kind, name))
    return found


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def type_of(kind: str, storage: str) -> Any:
    """Terraform's type of a value, by what the binding says of it."""
    if storage in SIMPLE:
        return SIMPLE[storage]
    for ending, shape in (("List", kind if kind in ("set", "list") else "list"), ("Map", "map")):
        if storage.endswith(ending) and storage.removesuffix(ending) in SIMPLE:
            return [shape, SIMPLE[storage.removesuffix(ending)]]
    return "dynamic"


def schema_of(script: str, types: str) -> dict[str, Any]:
    """The schema of one type, out of its script and its declarations."""
    functions = {
        found[1]: ENTRY.findall(found[0])
        for found in re.finditer(
            r"^function (\w+)ToHclTerraform\(.*?\n\}", script, re.DOTALL | re.MULTILINE
        )
    }
    required = {
        found[1].lower(): {
            name: not optional for name, optional in re.findall(r"readonly (\w+)(\??):", found[2])
        }
        for found in re.finditer(
            r"export interface (\w+)(?: extends [\w.]+)? \{(.*?)\n\}", types, re.DOTALL
        )
    }

    def block(entries: list[tuple[str, ...]], interface: str) -> dict[str, Any]:
        needs = required.get(interface.lower(), {})
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for name, value, is_block, kind, storage in entries:
            mode = "required" if needs.get(camel(name), False) else "optional"
            named = re.findall(r"(\w+?)ToHclTerraform", value)
            inner = [each for each in named if each in functions]
            if is_block == "true" and inner:
                blocks[name] = {"nesting": kind, **block(functions[inner[0]], inner[0])}
            else:
                kind_of = "dynamic" if is_block == "true" else type_of(kind, storage)
                attributes[name] = [mode, kind_of]
        return {"attributes": attributes, "blocks": blocks}

    top = re.search(r"synthesizeHclAttributes\(\) \{(.*?)\n    \}", script, re.DOTALL)
    name = re.search(r"class (\w+) extends cdktf\.Terraform(?:Resource|DataSource)", script)
    assert name is not None, "a binding names its class"
    entries = ENTRY.findall(top[1]) if top else []
    schema = block(entries, name[1] + "Config")
    body = script[script.index("terraformResourceType: '") :]
    maps = [(attribute, getter) for getter, attribute in COMPUTED_MAP.findall(body)]
    for attribute, getter in COMPUTED.findall(body) + maps:
        kind = GETTERS.get(getter, "dynamic")
        schema["attributes"].setdefault(attribute, ["computed", kind])
    schema["attributes"].setdefault("id", ["computed", "string"])
    return schema


def extract(package: str, wanted: set[tuple[str, str]], folder: Path) -> dict[str, Any]:
    """The schemas of these types, and the version of the provider that they are of."""
    done = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = {"package": package, "resource": {}, "data": {}}
    files: dict[str, dict[str, str]] = {}
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        for member in archive:
            place = re.fullmatch(r"package/lib/([\w-]+)/index\.(js|d\.ts)", member.name)
            file = archive.extractfile(member) if place or "package.json" in member.name else None
            if file is not None and place:
                files.setdefault(place[1], {})[place[2]] = file.read().decode()
            elif file is not None and member.name == "package/package.json":
                about = json.loads(file.read())
                found["version"] = about["cdktf"]["provider"]["version"]
    for place, texts in files.items():
        named = re.search(r"terraformResourceType: '(\w+)'", texts.get("js", ""))
        kind = "data" if place.startswith("data-") else "resource"
        if named is not None and (kind, named[1]) in wanted:
            found[kind][named[1]] = schema_of(texts["js"], texts["d.ts"])
    missing = wanted - {(kind, name) for kind in ("resource", "data") for name in found[kind]}
    if missing:
        sys.exit(f"{package} has no {sorted(missing)}")
    return found


def main() -> None:
    """Writes the schema, a line for each type."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for provider, wanted in used().items():
            found = extract(PACKAGES[provider], wanted, Path(folder))
            head = {"provider": provider, "package": found["package"], "version": found["version"]}
            lines.append(json.dumps(head))
            for kind in ("resource", "data"):
                for name, schema in sorted(found[kind].items()):
                    line = {"kind": kind, "type": name, **schema}
                    lines.append(json.dumps(line, separators=(",", ":"), sort_keys=True))
    (HERE / "schema.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
