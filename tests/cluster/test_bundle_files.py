"""Which files a bundle holds, and what is refused when one is unpacked."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from gregaria import _bundle
from gregaria._bundle import Bundle, BundleError, listing, pack, unpack


def nothing_private(_path: str) -> bool:
    return False


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {name}")


def names(*locustfiles: Path) -> set[str]:
    return set(listing([str(path) for path in locustfiles], nothing_private))


def archive(*entries: tuple[str, bytes]) -> Bundle:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, contents in entries:
            file.writestr(zipfile.ZipInfo(name), contents, zipfile.ZIP_DEFLATED)
    packed = buffer.getvalue()
    return Bundle(hashlib.sha256(packed).hexdigest(), [entries[0][0]], packed)


def test_hidden_and_made_files_stay_behind(tmp_path: Path) -> None:
    write(tmp_path, "locustfile.py", "users.csv", "pages/shop.py", "pages/deep/cart.json")
    write(tmp_path, ".env", ".git/config", "__pycache__/a.pyc", "pages/b.pyc", "run.log")
    write(tmp_path, "venv/pyvenv.cfg", "venv/lib/x.py", "pages/.secret/key")
    found = names(tmp_path / "locustfile.py")
    assert found == {"locustfile.py", "users.csv", "pages/shop.py", "pages/deep/cart.json"}


def test_links_are_followed_within_the_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "test"
    write(tmp_path, "outside.txt")
    write(folder, "locustfile.py", "a.csv")
    (folder / "inside.csv").symlink_to("a.csv")
    (folder / "outside.csv").symlink_to(tmp_path / "outside.txt")
    (folder / "nowhere").symlink_to("nothing")
    (folder / "loop").symlink_to(folder)
    (folder / "above").symlink_to(tmp_path)
    assert names(folder / "locustfile.py") == {"locustfile.py", "a.csv", "inside.csv"}


def test_a_mounted_config_map_is_found_under_its_own_names(tmp_path: Path) -> None:
    write(tmp_path, "..2026_11_22/locustfile.py", "..2026_11_22/users.csv")
    (tmp_path / "..data").symlink_to("..2026_11_22")
    for name in ("locustfile.py", "users.csv"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    assert names(tmp_path / "locustfile.py") == {"locustfile.py", "users.csv"}


def test_a_locustfile_that_is_a_link_itself_is_taken(tmp_path: Path) -> None:
    write(tmp_path, "library/shop.py", "library/secret.txt")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "locustfile.py").symlink_to(tmp_path / "library" / "shop.py")
    assert names(tmp_path / "test" / "locustfile.py") == {"locustfile.py"}


def test_only_folders_of_locustfiles_are_packed(tmp_path: Path) -> None:
    write(tmp_path, "a/one.py", "a/x.csv", "b/two.py", "b/y.csv", "c/private.txt", "z.txt")
    assert names(tmp_path / "a/one.py", tmp_path / "b/two.py") == {
        "a/one.py",
        "a/x.csv",
        "b/two.py",
        "b/y.csv",
    }


def test_a_bundle_is_unpacked_as_it_was_packed(tmp_path: Path) -> None:
    write(tmp_path, "test/locustfile.py", "test/parts/ä b.csv")
    (tmp_path / "test" / "data.bin").write_bytes(bytes(range(256)))
    locustfiles = [str(tmp_path / "test" / "locustfile.py")]
    bundle = pack(locustfiles, listing(locustfiles, nothing_private))
    (tmp_path / "there").mkdir()
    (path,) = unpack(bundle, str(tmp_path / "there"))
    assert path == str(tmp_path / "there" / "locustfile.py")
    assert (tmp_path / "there" / "data.bin").read_bytes() == bytes(range(256))
    assert (tmp_path / "there" / "parts" / "ä b.csv").read_text() == "# test/parts/ä b.csv"


def test_equal_contents_have_the_same_hash(tmp_path: Path) -> None:
    write(tmp_path, "locustfile.py", "a.csv")
    locustfiles = [str(tmp_path / "locustfile.py")]
    first = pack(locustfiles, listing(locustfiles, nothing_private))
    os.utime(tmp_path / "a.csv", (1, 1))
    assert pack(locustfiles, listing(locustfiles, nothing_private)) == first
    (tmp_path / "a.csv").write_text("other")
    assert pack(locustfiles, listing(locustfiles, nothing_private)).sha256 != first.sha256


def test_too_many_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bundle, "MAX_FILES", 2)
    write(tmp_path, "locustfile.py", "a", "b")
    with pytest.raises(BundleError, match="more than 2 files beside its locustfile"):
        names(tmp_path / "locustfile.py")


def test_files_that_cannot_be_packed_small_enough_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bundle, "MAX_PACKED_BYTES", 1 << 20)
    write(tmp_path, "locustfile.py")
    (tmp_path / "noise.bin").write_bytes(os.urandom(2 << 20))
    locustfiles = [str(tmp_path / "locustfile.py")]
    with pytest.raises(BundleError, match=r"1 MiB when packed.*`noise.bin` \(2 MiB\)"):
        pack(locustfiles, listing(locustfiles, nothing_private))


@pytest.mark.parametrize(
    "name", ["../evil.py", "/tmp/evil.py", "a/../../evil.py", "a//evil.py", "./evil.py", "a/"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(BundleError, match="is refused"):
        unpack(archive(("locustfile.py", b""), (name, b"evil")), str(tmp_path / "in"))
    assert not list(tmp_path.rglob("evil.py"))


def test_a_locustfile_outside_of_the_bundle_is_refused(tmp_path: Path) -> None:
    bundle = archive(("locustfile.py", b""))
    for name in ("../other.py", "/etc/passwd", "missing.py"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "locustfile.py").unlink(missing_ok=True)
        with pytest.raises(BundleError):
            unpack(Bundle(bundle.sha256, [name], bundle.packed), str(tmp_path / "in"))


def test_damage_is_seen(tmp_path: Path) -> None:
    bundle = archive(("locustfile.py", b"import this"))
    damaged = bundle.packed[:-1] + bytes([bundle.packed[-1] ^ 1])
    with pytest.raises(BundleError, match="arrived damaged"):
        unpack(Bundle(bundle.sha256, bundle.locustfiles, damaged), str(tmp_path))
    for packed in (b"", b"no archive", bundle.packed[: len(bundle.packed) // 2]):
        sha256 = hashlib.sha256(packed).hexdigest()
        with pytest.raises(BundleError, match="cannot be unpacked"):
            unpack(Bundle(sha256, bundle.locustfiles, packed), str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_an_archive_that_swells_is_refused(tmp_path: Path) -> None:
    bomb = archive(("locustfile.py", b""), ("a", bytes(40 << 20)), ("b", bytes(40 << 20)))
    assert len(bomb.packed) < 1 << 20
    with pytest.raises(BundleError, match="larger than 64 MiB"):
        unpack(bomb, str(tmp_path))
    assert not (tmp_path / "b").exists()
