"""Where options come from, and what a locustfile sees of them."""

import json
from pathlib import Path

import pytest

from .command import run

#: Prints what the locustfile sees of the options, and ends before any user is started.
SHOW = """\
import json, sys
from locust import User, events


class A(User):
    pass


@events.init_command_line_parser.add_listener
def add(parser):
    group = parser.add_argument_group("shop")
    group.add_argument("--pages", type=int, default=1, env_var="SHOP_PAGES")
    parser.add_argument("--secret", is_secret=True, include_in_web_ui=False, default="")
    parser.add_argument("--kinds", nargs="*", default=[])


@events.init.add_listener
def show(environment, **_):
    json.dump(vars(environment.parsed_options), sys.stdout)
    sys.exit(0)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder whose locustfile shows its options."""
    (tmp_path / "locustfile.py").write_text(SHOW)
    return tmp_path


def options(shop: Path, *arguments: str, **variables: str) -> dict[str, object]:
    """The options that the locustfile sees."""
    result = run(shop, "--headless", *arguments, variables=variables)
    assert result.code == 0, result.stderr
    seen: dict[str, object] = json.loads(result.stdout)
    return seen


def test_a_locustfile_sees_every_option_of_locust(shop: Path, locust: tuple[str, ...]) -> None:
    ours = options(shop)
    real = json.loads(run(shop, "--headless", program=locust).stdout)
    # Flags of Locust before 1.0, which are refused in both.
    for name in ("slave", "legacy_ui"):
        assert not ours.pop(name)
        real.pop(name)
    own = {
        **dict.fromkeys(("certificate", "invitation", "join_token", "join_token_file")),
        **dict.fromkeys(("allowed_hosts", "web_name", "web_users", "store", "zone")),
        **dict.fromkeys(("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_name")),
        **dict.fromkeys(("oidc_operators", "oidc_viewers", "oidc_scopes", "web_external_url")),
        "no_store": False,
        "sample_bodies": False,
        "keep_runs": 200,
        "keep_megabytes": 2000,
    }
    assert {name: ours.pop(name) for name in own} == own
    assert ours == real


def test_options_given_in_any_way_look_the_same(shop: Path, locust: tuple[str, ...]) -> None:
    (shop / "locust.conf").write_text("users = 7\ntags = [a, b]\npages = 3\nhost: http://conf\n")
    (shop / "pyproject.toml").write_text("[tool.locust]\nspawn-rate = 2.5\nusers = 8\n")
    words = ["-t", "1h2m", "--stop", "5", "--kinds", "x", "y", "-L", "debug", "--equal", "A"]
    variables = {"LOCUST_HOST": "http://env", "LOCUST_ONLY_SUMMARY": "yes", "SHOP_PAGES": "4"}
    ours = options(shop, *words, **variables)
    assert ours["num_users"] == 8
    assert ours["spawn_rate"] == 2.5
    assert ours["run_time"] == 3720
    assert ours["host"] == "http://env"
    assert ours["pages"] == 4
    assert ours["kinds"] == ["x", "y"]
    result = run(shop, "--headless", *words, program=locust, variables=variables)
    real = json.loads(result.stdout)
    assert {name: ours[name] for name in real if name not in ("slave", "legacy_ui")} == {
        name: value for name, value in real.items() if name not in ("slave", "legacy_ui")
    }


def test_a_config_file_that_is_asked_for_beats_the_default_ones(shop: Path) -> None:
    (shop / "locust.conf").write_text("users = 7\nprofile = default\n")
    (shop / "more.conf").write_text("users = 9\n")
    seen = options(shop, "--config", "more.conf")
    assert (seen["num_users"], seen["profile"]) == (9, "default")


def test_a_config_file_in_the_home_is_the_weakest(shop: Path) -> None:
    (shop / ".locust.conf").write_text("users = 1\nprofile = home\n")
    (shop / "locust.conf").write_text("users = 2\n")
    seen = options(shop)
    assert (seen["num_users"], seen["profile"]) == (2, "home")


def test_config_users_change_attributes_and_tasks(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        """\
import json, sys
from locust import User, events, task

class A(User):
    @task
    def one(self): pass
    @task
    def two(self): pass

@events.init.add_listener
def show(environment, **_):
    json.dump([A.weight, A.host, [each.__name__ for each in A.tasks]], sys.stdout)
    sys.exit(0)
"""
    )
    (tmp_path / "users.json").write_text('[{"user_class_name": "A", "host": "http://file"}]')
    config = '{"user_class_name": "A", "weight": 3, "tasks": ["two"]}'
    result = run(tmp_path, "--headless", "--config-users", config, "users.json")
    assert result.stdout == '[3, "http://file", ["two"]]', result.stderr


def test_config_users_for_an_unknown_class_end_with_255(folder: Path) -> None:
    config = '{"user_class_name": "Nobody", "weight": 3}'
    result = run(folder, "--headless", "--config-users", config)
    assert result.code == 255
    assert "Error applying user config" in result.stderr
    assert "There are: Visitor" in result.stderr
