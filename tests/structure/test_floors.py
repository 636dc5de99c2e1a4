"""Who may use whom, read from `cargo metadata`: floors of the crates, owners of dependencies."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

#: The arrows of ARCHITECTURE.md. No other exists.
FLOORS = {
    "stats": set[str](),
    "http": set[str](),
    "runner": {"stats"},
    "web": {"runner", "stats"},
    "py": {"web", "runner", "stats", "http"},
}

#: Dependencies that belong to certain crates; a second user is a decision, not an accident.
OWNERS = {
    "anyhow": {"py"},
    "axum": {"web"},
    "clap": {"py"},
    "cookie_store": {"http"},
    "httparse": {"http"},
    "hyper": {"http", "web"},
    "jiter": {"py"},
    "jsonwebtoken": {"web"},
    "pyo3": {"py"},
    "rcgen": {"runner"},
    "rmpv": {"runner"},
    "rusqlite": {"web"},
    "rustix": {"http", "py"},
    "rustls": {"http", "runner", "web"},
    "tokio": {"runner", "web"},
    "tokio-rustls": {"runner", "web"},
    "toml": {"py"},
}

#: Never to be linked: see the dependency table of ARCHITECTURE.md for what takes their place.
BANNED = {
    "figment",
    "native-tls",
    "openssl",
    "openssl-sys",
    "reqwest",
    "ring",
    "zeromq",
    "zmq",
    "zmq-sys",
}

RUNTIME_FEATURES = {"rt", "rt-multi-thread", "net", "time", "process", "signal", "fs"}


@cache
def metadata() -> dict[str, Any]:
    answer = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--no-deps"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(answer.stdout)


def normal_dependencies(short: str) -> set[str]:
    """Names in `[dependencies]` of a crate, tests and build scripts left out."""
    package = next(p for p in metadata()["packages"] if p["name"] == f"gregaria-{short}")
    return {d["name"] for d in package["dependencies"] if d["kind"] is None}


def tree(short: str, *options: str) -> set[str]:
    """Lines of `cargo tree` over everything that is linked into a crate."""
    answer = subprocess.run(
        ["cargo", "tree", "--locked", "-p", f"gregaria-{short}", "--prefix", "none", *options],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {line.removesuffix(" (*)") for line in answer.stdout.splitlines() if line}


def test_the_workspace_holds_the_crates_with_a_floor() -> None:
    assert {p["name"] for p in metadata()["packages"]} == {f"gregaria-{name}" for name in FLOORS}


def test_a_crate_uses_only_the_floors_below_it() -> None:
    for short, below in FLOORS.items():
        used = {
            name.removeprefix("gregaria-")
            for name in normal_dependencies(short)
            if name.startswith("gregaria-")
        }
        assert used <= below, f"`{short}` may not use {used - below}"


def test_a_dependency_is_used_by_its_owners_only() -> None:
    for short in FLOORS:
        for name in normal_dependencies(short) & OWNERS.keys():
            assert short in OWNERS[name], f"`{name}` belongs to {OWNERS[name]}, not to `{short}`"


def test_the_engine_is_linked_without_the_runtime_of_tokio() -> None:
    features = tree("http", "--edges", "normal,features", "--format", "{p} {f}")
    runtime = {
        line
        for line in features
        for feature in RUNTIME_FEATURES
        if line.startswith(f'tokio feature "{feature}"')
    }
    assert not runtime, f"the engine never spawns, sleeps or connects through tokio: {runtime}"
    assert "tokio" not in normal_dependencies("http")


def test_statistics_link_neither_python_nor_sockets_nor_a_runtime() -> None:
    linked = {line.split()[0] for line in tree("stats", "--edges", "normal")}
    assert not linked & {"pyo3", "tokio", "rustix", "mio", "socket2"}


def test_nothing_banned_is_linked() -> None:
    linked = {line.split()[0] for line in tree("py", "--edges", "normal,build")}
    assert not linked & BANNED


def test_every_dependency_has_a_row_in_the_table() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = text[text.index("## Dependencies") :]
    for package in metadata()["packages"]:
        for dependency in package["dependencies"]:
            name = dependency["name"]
            if not name.startswith("gregaria-"):
                assert f"**{name}**" in table, f"`{name}` of {package['name']} has no row"


def test_every_dependency_of_the_page_has_a_row_in_the_table() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = text[text.index("## Dependencies") :]
    package = json.loads((ROOT / "ui" / "package.json").read_text())
    for name in package["dependencies"] | package["devDependencies"]:
        assert f"**{name}**" in table, f"`{name}` of the page has no row"


def test_the_page_is_locked_without_the_addresses_of_a_registry() -> None:
    lock = json.loads((ROOT / "ui" / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
