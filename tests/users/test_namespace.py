"""`import locust` finds ours: the same modules under both names, and clear words for the rest."""

import importlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def python(code: str, **paths: Path) -> subprocess.CompletedProcess[str]:
    """Runs `code` in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=paths.get("cwd"),
    )


@pytest.mark.parametrize(
    "name",
    ["", ".user", ".user.task", ".user.users", ".event", ".util.timespan", ".user.wait_time"],
)
def test_a_module_exists_once_under_both_names(name: str) -> None:
    assert importlib.import_module(f"locust{name}") is importlib.import_module(
        f"gregaria.locust{name}"
    )


def test_a_module_keeps_its_own_specification() -> None:
    import locust.user.users

    assert locust.user.users.__spec__.name == "gregaria.locust.user.users"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("HttpLocust", "The HttpLocust class has been renamed to HttpUser in version 1.0"),
        ("Locust", "The Locust class has been renamed to User in version 1.0"),
    ],
)
def test_inheriting_from_a_class_of_the_past_says_what_it_is_called_today(
    name: str, advice: str
) -> None:
    base = getattr(importlib.import_module("locust"), name)
    with pytest.raises(ImportError, match=advice):
        type(base)("Mine", (base,), {})


@pytest.mark.parametrize("name", ["TaskSequence", "seq_task"])
def test_importing_a_name_of_the_past_says_what_to_use(name: str) -> None:
    with pytest.raises(ImportError, match="SequentialTaskSet"):
        exec(f"from locust import {name}", {})


def test_a_name_that_never_was_is_an_ordinary_import_error() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        exec("from locust import Nothing", {})


def test_a_module_we_do_not_have_yet_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"gregaria has no module `locust\.html` yet"):
        importlib.import_module("locust.html")


def test_a_contributed_module_is_taken_from_the_real_package(tmp_path: Path) -> None:
    contrib = tmp_path / "locust" / "contrib"
    contrib.mkdir(parents=True)
    (tmp_path / "locust" / "__init__.py").write_text("raise RuntimeError('the real one ran')")
    (contrib / "__init__.py").write_text("raise RuntimeError('the real one ran')")
    (contrib / "borrowed.py").write_text(
        "from locust import User\nfrom ..exception import StopUser"
    )
    done = python(
        """
        import sys; sys.path.insert(0, ".")
        import gregaria; gregaria.install()
        from locust.contrib import borrowed
        import gregaria.locust as ours
        assert borrowed.User is ours.User
        assert borrowed.StopUser.__module__ == "locust.exception"
        print(borrowed.__file__)
        """,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("borrowed.py")


def test_a_contributed_module_nobody_has_says_which_package_to_install() -> None:
    with pytest.raises(ModuleNotFoundError, match="pip install locust"):
        importlib.import_module("locust.contrib.nosuch")


def test_installing_after_the_real_package_was_imported_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locust.py").write_text("")
    done = python(
        "import sys; sys.path.insert(0, '.')\nimport locust, gregaria\ngregaria.install()",
        cwd=tmp_path,
    )
    assert "call gregaria.install() before the first `import locust`" in done.stderr


def test_importing_the_namespace_makes_the_standard_library_cooperative() -> None:
    done = python(
        """
        import gregaria; gregaria.install()
        import socket, time, threading, queue, ssl
        from gevent import monkey
        print(all(map(monkey.is_module_patched, ("socket", "time", "threading", "queue", "ssl"))))
        """
    )
    assert done.stdout.strip() == "True", done.stderr


def test_patching_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    done = python(
        "import gregaria; gregaria.install()\n"
        "from gevent import monkey; print(monkey.is_module_patched('socket'))"
    )
    assert done.stdout.strip() == "False", done.stderr
