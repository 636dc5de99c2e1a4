"""Locustfiles that are missing, broken or empty: what is said, and nothing of our insides."""

from pathlib import Path

import pytest

from .command import run

NOT_FOUND = (
    "Could not find '{}'. Ensure your locustfile ends with '.py' or is a directory with "
    "locustfiles. See --help for available options."
)


def refused(folder: Path, *arguments: str) -> str:
    """What is said about a run that ends with exit code 1 before it begins."""
    result = run(folder, "--headless", *arguments)
    assert (result.code, result.stdout) == (1, ""), result.stderr
    return result.stderr


def test_a_missing_locustfile_is_told_with_its_name(tmp_path: Path) -> None:
    assert refused(tmp_path) == NOT_FOUND.format("locustfile.py") + "\n"
    assert refused(tmp_path, "-f", "nope/") == NOT_FOUND.format("nope/") + "\n"


def test_a_slip_in_the_name_is_understood(folder: Path) -> None:
    said = refused(folder, "-f", "locustfil.py")
    assert said == NOT_FOUND.format("locustfil.py") + "\nDid you mean 'locustfile.py'?\n"


def test_a_directory_without_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "_private.py").write_text("")
    said = refused(tmp_path, "-f", "load")
    assert said == "Could not find any locustfiles in directory 'load'\n"


def test_the_master_is_no_source_without_a_worker(tmp_path: Path) -> None:
    assert "--worker was not specified" in refused(tmp_path, "-f", "-")


@pytest.mark.parametrize(
    ("text", "line", "error"),
    [
        ("import locust\n\n\nraise KeyError('API_TOKEN')\n", 4, "KeyError: 'API_TOKEN'"),
        ("def f(:\n    pass\n", 1, "SyntaxError: invalid syntax"),
        ("import no_such_module\n", 1, "ModuleNotFoundError: No module named 'no_such_module'"),
        (
            "from locust import HttpUser, task\n\nclass A(HttpUser):\n"
            "    @task('often')\n    def t(self): pass\n",
            3,
            "TypeError: ",
        ),
        (
            "from locust import HttpLocust\n\nclass A(HttpLocust):\n    pass\n",
            3,
            "ImportError: ",
        ),
    ],
)
def test_a_broken_locustfile_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, error: str
) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(text)
    said = refused(tmp_path)
    assert said.startswith("cannot load locustfile `locustfile.py`\n")
    assert f'File "{file}", line {line}' in said
    assert error in said.splitlines()[-1]
    named = {word for word in said.split('"') if word.endswith(".py")}
    assert named == {str(file)}, said


def test_an_error_in_a_module_of_the_user_shows_both_places(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text("import helper\n")
    (tmp_path / "helper.py").write_text("1 / 0\n")
    said = refused(tmp_path)
    assert f'File "{tmp_path}/locustfile.py", line 1' in said
    assert f'File "{tmp_path}/helper.py", line 1' in said
    assert said.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "importlib" not in said


def test_a_file_without_user_classes_is_told(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        "from locust import User\n\nclass Base(User):\n    abstract = True\n"
    )
    assert "No User class found!" in refused(tmp_path)


def test_the_same_name_in_two_files_is_told(folder: Path) -> None:
    (folder / "second.py").write_text((folder / "locustfile.py").read_text())
    said = refused(folder, "-f", "locustfile.py,second.py")
    assert said == (
        f"Duplicate user class names: Visitor is defined in both {folder}/locustfile.py and "
        f"{folder}/second.py\n"
    )


@pytest.mark.parametrize(
    "given", ["load/shop.py", "load", "load.shop", "load/shop.py,load/shop.py", "./load/"]
)
def test_files_directories_and_modules_are_found(folder: Path, given: str) -> None:
    (folder / "load").mkdir()
    (folder / "locustfile.py").rename(folder / "load" / "shop.py")
    result = run(folder, "-f", given, "--list")
    assert (result.code, result.stdout) == (0, "Available Users:\n    Visitor\n"), result.stderr


def test_several_files_give_the_classes_of_all(folder: Path) -> None:
    (folder / "more.py").write_text("from locust import User\n\nclass Other(User):\n    pass\n")
    result = run(folder, "-f", "locustfile.py, more.py", "--list")
    assert result.stdout == "Available Users:\n    Visitor\n    Other\n"
