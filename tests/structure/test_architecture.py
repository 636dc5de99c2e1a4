"""Every crate and every folder of the root is named in ARCHITECTURE.md, and nothing else is."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()


def tracked_folders(prefix: str) -> set[str]:
    """Names of the folders directly below `prefix` that hold files under version control."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"{prefix}*"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    names = {path.removeprefix(prefix).partition("/") for path in listing}
    return {first for first, slash, _ in names if slash}


def named_in_tree(pattern: str) -> set[str]:
    """Folders that the drawn tree of the document names."""
    tree = re.search(r"^gregaria/\n(.*?)^```", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    assert tree is not None, "ARCHITECTURE.md has no tree that begins with `gregaria/`"
    return set(re.findall(pattern, tree[1], re.MULTILINE))


def test_every_crate_is_in_the_tree_and_the_reverse() -> None:
    assert named_in_tree(r"^│   [├└]── ([\w-]+)/") == tracked_folders("crates/")


def test_every_folder_of_the_root_is_in_the_tree_and_the_reverse() -> None:
    hidden = {name for name in tracked_folders("") if name.startswith(".")}
    assert named_in_tree(r"^[├└]── ([\w-]+)/") == tracked_folders("") - hidden


def test_every_crate_has_its_floor_in_the_text() -> None:
    floors = re.search(r"^## Floors.*?^```\n(.*?)^```", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    assert floors is not None, "ARCHITECTURE.md has no drawing under `## Floors`"
    words = set(re.findall(r"\w+", floors[1]))
    assert tracked_folders("crates/") <= words


def test_paths_that_the_text_names_exist() -> None:
    named = re.findall(r"`((?:crates|python|tests|bench|examples|ui)/[\w./-]+)`", ARCHITECTURE)
    gone = [path for path in named if not (ROOT / path).exists()]
    assert not gone, f"ARCHITECTURE.md names what does not exist: {gone}"
