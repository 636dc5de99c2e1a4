"""Which files of a folder can be chosen as a test."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from gregaria import _choices
from gregaria._choices import Choices
from gregaria._restart import with_locustfile

SHOP = "from locust import HttpUser\n"


def listing(folder: Path) -> tuple[list[str], bool]:
    files, is_cut = Choices(folder, print).listing()
    return [each.name for each in files], is_cut


def write(folder: Path, *names: str, text: str = SHOP) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_nobody_is_offered_what_is_hidden_private_or_somebody_elses(tmp_path: Path) -> None:
    write(tmp_path, ".git/hook.py", ".hidden.py", "_private.py", "pkg/__init__.py", "notes.txt")
    write(tmp_path, "venv/lib/site.py", "lib/site-packages/locust.py", "node_modules/gyp.py")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    write(tmp_path, "a,b.py", "~home.py", "-f.py", "line\nbreak.py", " space.py", "co,mma/x.py")
    (tmp_path / "folder.py").mkdir()
    assert listing(tmp_path) == ([], False)


def test_links_are_followed_only_to_files_of_the_folder(tmp_path: Path) -> None:
    here = tmp_path / "here"
    write(tmp_path, "outside/secret.py")
    write(here, "shop.py")
    (here / "same.py").symlink_to("shop.py")
    (here / "away.py").symlink_to(tmp_path / "outside" / "secret.py")
    (here / "folder").symlink_to(tmp_path / "outside")
    (here / "round.py").symlink_to("round.py")
    (here / "gone.py").symlink_to("nothing.py")
    assert listing(here) == (["same.py", "shop.py"], False)
    assert not Choices(here, print).has("away.py")


def test_locustfiles_come_first_and_the_nearest_of_them_before_others(tmp_path: Path) -> None:
    write(tmp_path, "a.py", text="import os\n# import locust\n")
    write(tmp_path, "deep/er/a.py", "z.py")
    write(tmp_path, "own.py", text="from base import Shop\nclass Buyer(Mixin, base.ShopUser):\n")
    write(tmp_path, "late.py", text="if True:\n    from gregaria.locust import task\n")
    assert listing(tmp_path)[0] == ["late.py", "own.py", "z.py", "deep/er/a.py", "a.py"]


def test_the_search_has_limits_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "1/2/3/in.py")
    assert listing(tmp_path) == (["1/2/3/in.py"], False)
    write(tmp_path, "1/2/3/4/out.py")
    assert listing(tmp_path) == (["1/2/3/in.py"], True)
    for name, limit in (("MAX_SHOWN", 2), ("MAX_READ", 2), ("MAX_ENTRIES", 2)):
        folder = tmp_path / name
        write(folder, "a.py", "b.py")
        with monkeypatch.context() as patched:
            patched.setattr(_choices, name, limit)
            assert listing(folder) == (["a.py", "b.py"], False), name
            write(folder, "c.py")
            shown, is_cut = listing(folder)
            assert (len(shown), is_cut) == (2, True), name


def test_a_folder_that_cannot_be_read_has_nothing_to_choose_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "closed/a.py", "b.py")
    scandir = os.scandir

    # Root, as whom tests may run, reads every folder.
    def refuse(folder: Path) -> Any:
        if folder.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return scandir(folder)

    assert listing(tmp_path) == (["b.py", "closed/a.py"], False)
    monkeypatch.setattr(os, "scandir", refuse)
    assert listing(tmp_path) == (["b.py"], False)


def test_the_chosen_file_is_the_last_that_the_command_line_names() -> None:
    assert with_locustfile(["gregaria"], "b.py") == ["gregaria", "-f", "b.py"]
    words = ["gregaria", "-f", "a.py", "-u", "1", "Shop"]
    assert with_locustfile(words, "b.py") == [*words, "-f", "b.py"]
    assert with_locustfile(["gregaria", "-P", "0", "-f", "a.py"], "b.py") == [
        *("gregaria", "-P", "0", "-f", "b.py")
    ]
    assert with_locustfile(["-m", "gregaria", "--", "Shop"], "b.py") == [
        *("-m", "gregaria", "-f", "b.py", "--", "Shop")
    ]
