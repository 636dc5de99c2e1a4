"""Command lines that cannot be used: what is said, as a golden transcript; the exit code is 2."""

import shlex
from pathlib import Path

from .command import assert_golden, run

#: Each of them is wrong in one way.
LINES = (
    "--headlss",
    "--headless --nope 3 -x",
    "--head",
    "-u",
    "-u abc",
    "-u -1",
    "-u 2.5",
    "-r 0",
    "-r -1",
    "-r inf",
    "-r x",
    "-t nonsense",
    "-t -5",
    "--stop-timeout soon",
    "--exit-code-on-error x",
    "-L loud",
    "--headless=3",
    "--headless --csv-full-history",
    "--config nowhere.conf",
    "--headless --processes 0",
    "--web-port x",
    "--web-auth user:password",
    "--build-path folder",
    "--otel",
    "--allowed-hosts https://shop.example/",
    "--allowed-hosts shop.example:80",
    "--allowed-hosts 10.0.0.0/33",
    "--allowed-hosts ,",
    "--headless --config-users {}",
    "--headless --config-users '[{'",
)


def test_what_is_said_about_a_wrong_command_line_is_the_golden_text(folder: Path) -> None:
    transcript = ""
    for line in LINES:
        result = run(folder, *shlex.split(line))
        assert (result.code, result.stdout) == (2, ""), line
        transcript += f"$ gregaria {line}\n{result.stderr}\n"
    assert_golden("usage_errors.txt", transcript)


def test_a_wrong_value_is_told_before_the_locustfile_is_read(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text("raise SystemExit('it was read')\n")
    result = run(tmp_path, "--headless", "-u", "abc")
    assert result.stderr == "gregaria: error: argument -u/--users: invalid int value: 'abc'\n"
    assert result.code == 2


def test_a_value_from_the_environment_is_told_with_its_variable(folder: Path) -> None:
    result = run(folder, "--headless", variables={"LOCUST_USERS": "many"})
    assert result.code == 2
    assert result.stderr == (
        "gregaria: error: argument -u/--users: invalid int value: 'many'\n"
        "It is set by the environment variable LOCUST_USERS\n"
    )


def test_an_unknown_key_of_a_config_file_is_told_with_its_file(folder: Path) -> None:
    (folder / "locust.conf").write_text("headles = true\nusers = 3\n")
    result = run(folder, "--headless")
    assert result.code == 2
    assert result.stderr == (
        "gregaria: error: unrecognized arguments: --headles=true\n"
        "Did you mean '--headless'?\n"
        "--headles=true is set in `locust.conf`\n"
    )


def test_options_of_the_locustfile_are_checked_by_argparse(folder: Path) -> None:
    text = (folder / "locustfile.py").read_text()
    (folder / "locustfile.py").write_text(
        text
        + """
@events.init_command_line_parser.add_listener
def _(parser):
    parser.add_argument("--visits", type=int, env_var="VISITS", default=1)
    parser.add_argument("--kind", choices=["a", "b"], required=True)
"""
    )
    for arguments, error in (
        (["--visits", "x"], "argument --visits: invalid int value: 'x'"),
        (["--visits"], "argument --visits: expected one argument"),
        (["--kind", "c"], "argument --kind: invalid choice: 'c' (choose from 'a', 'b')"),
        ([], "the following arguments are required: --kind"),
        (["--kind", "a", "--visit=3", "--kinds"], "unrecognized arguments: --kinds"),
    ):
        result = run(folder, "--list", *arguments)
        assert result.code == 2, arguments
        assert result.stderr.startswith(f"gregaria: error: {error}\n"), result.stderr


def test_a_command_line_that_is_no_text_is_told(folder: Path) -> None:
    result = run(folder, "--headless", "-H", b"http://\xff".decode("utf-8", "surrogateescape"))
    assert result.code == 2
    assert result.stderr == "gregaria: error: the command line is not UTF-8 text\n"
