"""`--version`, `--help` and the words that are commands."""

import re
import sys
from pathlib import Path

from .command import assert_golden, run


def test_the_version_names_the_folder_and_the_python(tmp_path: Path) -> None:
    for arguments in (["--version"], ["-V"], ["--vers"], ["--headless", "-V"], ["-lV"]):
        result = run(tmp_path, *arguments)
        assert (result.code, result.stderr) == (0, ""), arguments
        python = ".".join(map(str, sys.version_info[:3]))
        assert re.fullmatch(
            rf"gregaria \d+\.\d+\.\d+ from /\S+/gregaria \(Python {re.escape(python)}\)\n",
            result.stdout,
        )


def test_the_help_text_is_the_golden_one(tmp_path: Path) -> None:
    result = run(tmp_path, "--help")
    assert (result.code, result.stderr) == (0, "")
    assert_golden("help.txt", result.stdout)
    assert run(tmp_path, "-u", "3", "-h").stdout == result.stdout


def test_neither_version_nor_help_imports_gevent(tmp_path: Path) -> None:
    program = (sys.executable, "-X", "importtime", "-m", "gregaria")
    for argument in ("--version", "--help"):
        imported = run(tmp_path, argument, program=program).stderr
        assert "gregaria._native" in imported
        for heavy in ("gevent", "argparse", "logging", "importlib.metadata", "typing"):
            assert not re.search(rf"\| +{re.escape(heavy)}$", imported, re.MULTILINE), heavy


def test_a_command_without_its_own_word_shows_what_there_is(tmp_path: Path) -> None:
    result = run(tmp_path, "cloud")
    assert result.code == 2
    assert "usage: gregaria cloud" in result.stderr


def test_a_user_class_with_a_reserved_name_is_reached_behind_an_option(folder: Path) -> None:
    result = run(folder, "--headless", "report")
    assert result.code == 1
    assert "Unknown User(s): report" in result.stderr
