"""A file of more than 600 lines has more than one subject: it is split."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT_LINES = 600
KINDS = {".rs", ".py", ".pyi", ".ts", ".tsx", ".tf"}

#: Tests are long lists by nature, and generated files are not read.
EXEMPT_FOLDERS = ("tests/", "bench/results/")
#: Each with its reason.
EXEMPT_FILES: dict[str, str] = {
    "python/gregaria/_native.pyi": "one list of types: splitting it would only scatter it",
    "ui/src/model.ts": "generated",
}


def is_exempt(path: str) -> bool:
    return path in EXEMPT_FILES or path.startswith(EXEMPT_FOLDERS) or "/tests/" in path


def source_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [path for path in listing if Path(path).suffix in KINDS and (ROOT / path).exists()]


def test_no_file_is_longer_than_the_limit() -> None:
    too_long = {
        path: lines
        for path in source_files()
        if not is_exempt(path)
        and (lines := len((ROOT / path).read_bytes().splitlines())) > LIMIT_LINES
    }
    assert not too_long, f"more than {LIMIT_LINES} lines, split them: {too_long}"


def test_crate_roots_and_module_roots_only_list() -> None:
    crowded = [
        path
        for path in source_files()
        if path.startswith("crates/")
        and "/src/" in path
        and Path(path).name in {"lib.rs", "mod.rs"}
        and any(
            line.startswith(("fn ", "pub fn ", "pub(crate) fn ", "impl ", "pub struct "))
            for line in (ROOT / path).read_text().splitlines()
        )
    ]
    assert not crowded, f"`lib.rs` and `mod.rs` only list and re-export: {crowded}"
