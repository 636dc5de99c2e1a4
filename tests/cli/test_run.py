"""Runs from the first log line to the exit code."""

import csv
import json
import os
import re
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from .command import LIMIT_SECONDS, OURS, finish, interrupt, run, start, wait_for, without_times

SHORT = ("--headless", "--only-summary", "-t", "1")


def add(folder: Path, text: str) -> None:
    """Adds to the locustfile."""
    with (folder / "locustfile.py").open("a") as file:
        file.write(text)


def requests_in(log: str) -> int:
    """How many requests the last table of the log counts."""
    totals = re.findall(r"^ +Aggregated +(\d+) +\d+\(", log, re.MULTILINE)
    assert totals, log
    return int(totals[-1])


def test_a_run_logs_what_it_does_and_ends_with_its_figures(folder: Path) -> None:
    result = run(folder, *SHORT, "-u", "2", "-r", "2")
    assert (result.code, result.stdout) == (0, ""), result.stderr
    log = without_times(result.stderr)
    steps = (
        "INFO/locust.main: Starting Locust 2.47.0 (gregaria ",
        "INFO/locust.main: Run time limit set to 1 seconds",
        "INFO/locust.runners: Ramping to 2 users at a rate of 2.00 per second",
        'INFO/locust.runners: All users spawned: {"Visitor": 2} (2 total users)',
        "INFO/locust.main: --run-time limit reached, shutting down",
        "INFO/locust.main: Shutting down (exit code 0)",
        "Type     Name",
        "Response time percentiles (approximated)",
    )
    places = [log.find(step) for step in steps]
    assert -1 not in places, log
    assert places == sorted(places), log
    assert requests_in(log) > 4


def test_tables_are_printed_while_a_run_lasts_unless_only_the_summary_is_wanted(
    folder: Path,
) -> None:
    while_running = run(folder, "--headless", "-t", "1").stderr
    assert while_running.count("Aggregated") > run(folder, *SHORT).stderr.count("Aggregated")


def test_one_user_is_the_default_and_none_is_possible(folder: Path) -> None:
    assert "Ramping to 1 users at a rate of 1.00" in run(folder, *SHORT).stderr
    result = run(folder, *SHORT, "-u", "0")
    assert "Ramping to 0 users" in result.stderr
    assert (result.code, requests_in(result.stderr)) == (0, 0)


def test_only_the_named_classes_take_part(folder: Path) -> None:
    add(folder, "\nclass Buyer(Visitor):\n    pass\n")
    result = run(folder, *SHORT, "-u", "2", "-r", "2", "Buyer")
    assert '{"Buyer": 2} (2 total users)' in result.stderr


def test_an_unknown_class_is_told_with_the_one_that_was_meant(folder: Path) -> None:
    result = run(folder, *SHORT, "Visitr")
    assert result.code == 1
    assert "Unknown User(s): Visitr\nDid you mean 'Visitor'?" in result.stderr
    assert "Unknown User(s): Nobody\nThere are: Visitor" in run(folder, *SHORT, "Nobody").stderr


FAILING = """
@events.test_start.add_listener
def fail(environment, **_):
    environment.events.request.fire(
        request_type="GET", name="/", response_time=1, response_length=0, exception=OSError("no")
    )
"""


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        (FAILING, (), 1),
        (FAILING, ("--exit-code-on-error", "0"), 0),
        (FAILING, ("--exit-code-on-error", "7"), 7),
        (
            FAILING
            + "\n@events.quitting.add_listener\n"
            + "def decide(environment, **_):\n    environment.process_exit_code = 5\n",
            (),
            5,
        ),
        ("\n@task\ndef wrong(self): 1 / 0\nVisitor.tasks = [wrong]\n", (), 1),
    ],
)
def test_the_exit_code_tells_of_failures_unless_the_locustfile_decides(
    folder: Path, text: str, arguments: tuple[str, ...], code: int
) -> None:
    add(folder, text)
    result = run(folder, *SHORT, *arguments)
    assert result.code == code, result.stderr
    assert f"Shutting down (exit code {code})" in result.stderr


LISTENER = '\n@events.{}.add_listener\ndef _(*_, **__):\n    raise ValueError("boom")\n'
METHOD = (
    '\nclass Wrong(Visitor):\n    def {}(self, *_):\n        raise ValueError("boom")\n'
    "\nVisitor.abstract = True\n"
)

#: Where an exception is raised, and the exit code of Locust 2.47 for it.
HOOKS = {
    "init": (LISTENER.format("init"), 1),
    "init_command_line_parser": (LISTENER.format("init_command_line_parser"), 1),
    "test_start": (LISTENER.format("test_start"), 2),
    "spawning_complete": (LISTENER.format("spawning_complete"), 2),
    "request": (LISTENER.format("request"), 2),
    "test_stopping": (LISTENER.format("test_stopping"), 2),
    "test_stop": (LISTENER.format("test_stop"), 2),
    "quitting": (LISTENER.format("quitting"), 2),
    "quit": (LISTENER.format("quit"), 0),
    "constructor": (METHOD.format("__init__"), 2),
    "on_start": (METHOD.format("on_start"), 1),
    "task": (METHOD.format("visit").replace("    def", "    @task\n    def"), 1),
}


@pytest.mark.parametrize("hook", HOOKS)
def test_an_exception_in_a_hook_is_told_and_the_run_ends_in_order(folder: Path, hook: str) -> None:
    text, code = HOOKS[hook]
    add(folder, text)
    result = run(folder, *SHORT)
    assert result.code == code, result.stderr
    assert "ValueError: boom" in result.stderr
    if not hook.startswith("init"):
        assert "Response time percentiles" in result.stderr


def test_an_exception_in_on_stop_is_told_and_the_run_ends_in_order(folder: Path) -> None:
    add(folder, METHOD.format("on_stop"))
    result = run(folder, *SHORT)
    assert "ValueError: boom" in result.stderr
    assert "Response time percentiles" in result.stderr


def test_listeners_are_called_in_the_order_of_locust(folder: Path, locust: tuple[str, ...]) -> None:
    names = ("init", "test_start", "spawning_complete", "test_stopping", "test_stop", "quitting")
    for name in (*names, "quit"):
        for number in (1, 2):
            add(
                folder,
                f"\n@events.{name}.add_listener\ndef {name}{number}(**_):\n"
                f"    print('{name} {number}', flush=True)\n",
            )
    ours = run(folder, *SHORT)
    assert ours.stdout == run(folder, *SHORT, program=locust).stdout
    assert "quitting 2\nquitting 1\nquit 1" in ours.stdout


def test_sys_exit_in_a_task_ends_the_run_with_its_code(folder: Path) -> None:
    add(folder, "\nclass Quitter(Visitor):\n    @task\n    def leave(self): raise SystemExit(4)\n")
    result = run(folder, "--headless", "--only-summary", "-t", "30", "Quitter")
    assert result.code == 4, result.stderr
    assert "Shutting down (exit code 4)" in result.stderr


def test_the_locustfile_may_end_the_run_from_a_task(folder: Path) -> None:
    add(
        folder,
        "\nclass Quitter(Visitor):\n    @task\n    def leave(self):"
        " self.environment.runner.quit()\n",
    )
    result = run(folder, "--headless", "--only-summary", "-t", "30", "Quitter")
    assert result.code == 0, result.stderr


def test_a_class_without_host_is_told_and_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        "from locust import HttpUser, task\n\nclass Shopper(HttpUser):\n"
        "    @task\n    def t(self): self.client.get('/')\n"
    )
    result = run(tmp_path, "--headless", "-t", "30")
    assert result.code == 1
    for word in ("Shopper", "--host", "host = ", "LOCUST_HOST"):
        assert word in result.stderr


def test_a_target_that_is_down_gives_failures_and_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        "from locust import HttpUser, constant, task\n\nclass Shopper(HttpUser):\n"
        "    host = 'http://127.0.0.1:1'\n    wait_time = constant(0.1)\n"
        "    @task\n    def t(self): self.client.get('/')\n"
    )
    result = run(tmp_path, *SHORT)
    assert result.code == 1
    assert "ConnectionRefusedError(111, 'Connection refused')" in result.stderr
    assert requests_in(result.stderr) > 3


def stopped_by(folder: Path, number: signal.Signals) -> str:
    """The log of a run that a signal has stopped gently."""
    process = start(folder, "--headless", "--only-summary")
    wait_for(process, "All users spawned")
    process.send_signal(number)
    result = finish(process)
    assert result.code == 0, result.stderr
    return result.stderr


def test_ctrl_c_stops_gently_and_shows_the_figures(folder: Path) -> None:
    add(folder, "\nclass Slow(Visitor):\n    def on_stop(self): print('bye', flush=True)\n")
    log = stopped_by(folder, signal.SIGINT)
    assert "Shutting down (exit code 0)" in log
    assert "Response time percentiles" in log
    assert "Traceback" not in log


def test_sigterm_does_the_same_and_says_so(folder: Path) -> None:
    log = stopped_by(folder, signal.SIGTERM)
    assert "Got SIGTERM signal" in log
    assert "Response time percentiles" in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_not_held_up_by_thousands_of_users_that_fail_at_their_start(
    folder: Path, number: signal.Signals
) -> None:
    users = 3000
    add(folder, "\n    def on_start(self): raise ValueError('boom')\n")
    process = start(folder, "--headless", "--only-summary", "-u", f"{users}", "-r", f"{users}")
    # Nobody reads on for now, so that the process gets no further than its pipe is long.
    wait_for(process, "ValueError: boom")
    process.send_signal(number)
    result = finish(process)
    assert result.code == 1, result.stderr[-2000:]
    assert "Response time percentiles" in result.stderr
    assert result.stderr.count("failed with ValueError") < users / 2


def test_the_second_ctrl_c_ends_at_once(folder: Path) -> None:
    add(
        folder,
        "\nimport logging, time\n\nclass Slow(Visitor):\n"
        "    def on_start(self): logging.info('begun')\n"
        "    def on_stop(self):\n"
        "        logging.info('stopping slowly')\n        time.sleep(600)\n"
        "\nVisitor.abstract = True\n",
    )
    process = start(folder, "--headless", "--only-summary")
    wait_for(process, "begun")
    interrupt(process)
    wait_for(process, "stopping slowly")
    interrupt(process)
    assert finish(process).code == -signal.SIGINT


def test_ctrl_c_while_the_locustfile_is_read_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        "import sys, time\nprint('reading', file=sys.stderr, flush=True)\ntime.sleep(600)\n"
    )
    process = start(tmp_path, "--headless")
    wait_for(process, "reading")
    interrupt(process)
    result = finish(process)
    assert (result.code, result.stderr) == (-signal.SIGINT, "")


def test_a_user_that_never_yields_can_be_ended(folder: Path) -> None:
    add(
        folder,
        "\nimport logging\n\nclass Busy(Visitor):\n    @task\n    def spin(self):\n"
        "        logging.info('spinning')\n        while True: pass\n\nVisitor.abstract = True\n",
    )
    process = start(folder, "--headless", "--only-summary", "Busy")
    wait_for(process, "spinning")
    interrupt(process)
    interrupt(process)
    # Two signals before the first is seen are one, for the kernel.
    while process.poll() is None:
        interrupt(process)
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
    assert finish(process).code == -signal.SIGINT


def test_json_and_tables_all_show_the_full_figures(folder: Path) -> None:
    result = run(folder, *SHORT, "--json", "--json-file", "deep/er/figures")
    [entry] = json.loads(result.stdout)
    assert (entry["name"], entry["method"]) == ("/", "GET")
    assert entry["num_requests"] > 3
    assert json.loads((folder / "deep/er/figures.json").read_text()) == [entry]
    assert requests_in(result.stderr) == entry["num_requests"]


def test_csv_files_are_written_into_folders_that_are_made(folder: Path) -> None:
    result = run(folder, *SHORT, "--csv", "out/run", "--csv-full-history")
    assert result.code == 0, result.stderr
    names = sorted(path.name for path in (folder / "out").iterdir())
    kinds = ("exceptions", "failures", "stats", "stats_history")
    assert names == [f"run_{kind}.csv" for kind in kinds]
    rows = list(csv.DictReader((folder / "out/run_stats.csv").open()))
    assert [row["Name"] for row in rows] == ["/", "Aggregated"]
    assert int(rows[-1]["Request Count"]) == requests_in(result.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--csv", "file/run"), "cannot write CSV file `file"),
        (("--csv", "/proc/run"), "cannot write CSV file `/proc/run_stats.csv`"),
        (("--json-file", "/proc/run"), "cannot write JSON file `/proc/run.json`"),
        (("--json-file", "file/run"), "cannot write JSON file `file/run.json`"),
        (("--logfile", "/proc/log"), "cannot write log file `/proc/log`"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before_the_run(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    (folder / "file").write_text("in the way")
    result = run(folder, *SHORT, *arguments)
    assert result.code == 1
    assert said in result.stderr
    assert "Ramping" not in result.stderr
    assert "Traceback" not in result.stderr


def test_the_log_goes_to_its_file_and_the_tables_to_stderr(folder: Path) -> None:
    result = run(folder, *SHORT, "--logfile", "logs/run.log", "-L", "debug")
    log = (folder / "logs/run.log").read_text()
    assert "Shutting down (exit code 0)" in log
    assert "/DEBUG/" in log
    assert "Shutting down" not in result.stderr
    assert requests_in(result.stderr) > 3


def test_logging_is_left_to_the_locustfile_if_asked(folder: Path) -> None:
    result = run(folder, *SHORT, "--skip-log-setup")
    assert (result.code, result.stdout, result.stderr) == (0, "", "")


def test_figures_begin_anew_when_all_users_have_been_started(folder: Path) -> None:
    result = run(folder, *SHORT, "--reset-stats")
    assert "Resetting stats" in result.stderr


def test_options_that_a_shape_ignores_are_told(folder: Path) -> None:
    add(
        folder,
        "\nfrom locust import LoadTestShape\n\nclass Stages(LoadTestShape):\n"
        "    def tick(self): return (2, 2) if self.get_run_time() < 1.5 else None\n",
    )
    result = run(folder, "--headless", "--only-summary", "-u", "5", "-r", "1")
    assert result.code == 0, result.stderr
    assert "The following option(s) will be ignored: --users, --spawn-rate" in result.stderr
    assert "Shape test updating to 2 users at 2.00 spawn rate" in result.stderr


def test_fixed_counts_beyond_the_users_are_told(folder: Path) -> None:
    add(folder, "\nVisitor.fixed_count = 3\n")
    result = run(folder, *SHORT, "-u", "2")
    assert (
        "Total fixed_count of User classes (3) is greater than the specified number of users (2), "
        "so not all will be spawned."
    ) in result.stderr


SHOW_LIMIT = """
import resource

@events.init.add_listener
def show(**_):
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True)
    raise SystemExit(0)
"""


def test_the_limit_of_open_files_is_raised_for_many_users(folder: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 12_000:
        pytest.skip(f"the hard limit here is {hard}")
    add(folder, SHOW_LIMIT)
    process = start(
        folder,
        *("--headless", "-u", "11000"),
        program=("prlimit", "--nofile=1024:", *OURS),
    )
    result = finish(process)
    assert int(result.stdout) >= 11_000, result.stderr
    assert "open files" not in result.stderr


def test_a_limit_that_cannot_be_raised_is_told_with_its_numbers(folder: Path) -> None:
    if os.geteuid() == 0 and not without_rights():
        pytest.skip("root may raise every limit here, and setpriv cannot take that right away")
    add(folder, SHOW_LIMIT)
    process = start(
        folder,
        *("--headless", "-u", "10000"),
        program=("prlimit", "--nofile=1024:4096", *without_rights(), *OURS),
    )
    result = finish(process)
    assert result.stdout == "4096\n", result.stderr
    assert "open files, one for each connection: 4096 allowed, 10200 needed" in result.stderr


def without_rights() -> tuple[str, ...]:
    """A command that takes from root the right to raise limits, if there is one."""
    command = ("setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource")
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, timeout=LIMIT_SECONDS)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return command
