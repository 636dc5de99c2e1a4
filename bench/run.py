"""Runs the benchmark: tools in turn, in the same minute, on the same core, against one server.

`make bench` calls it. Results go into bench/results/ as one JSON file, which report.py reads; a run
that does not count says why, and the exit code is then 1. The method is in bench/README.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import report
from cases import ALL, CASES, Case
from measure import GENERATOR_CORE, SERVER_CORE, measure
from server import Nginx
from single import measure_single
from tools import Load, MissingTool, Tool, make_tools

RESULTS = Path(__file__).parent / "results"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", action="append", choices=ALL, help="default: all")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each tool (default: 3)")
    parser.add_argument("--window", type=float, default=6, help="seconds that count of each run")
    parser.add_argument(
        "--tools", help="comma-separated; default: gregaria and all that its bars name"
    )
    parser.add_argument("--gregaria", default="gregaria", help="command under test")
    parser.add_argument("--locust", default="locust", help="command of the real Locust")
    parser.add_argument("--output", type=Path, help="default: bench/results/<time>.json")
    return parser.parse_args(arguments)


def machine() -> dict[str, Any]:
    """What the numbers belong to."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "server_core": SERVER_CORE,
        "generator_core": GENERATOR_CORE,
    }


def say(text: str) -> None:
    print(text, flush=True)


def compare(
    case: Case, tools: list[Tool], options: argparse.Namespace, nginx: Nginx
) -> list[dict[str, Any]]:
    """Runs all tools once for each repeat; the order is turned round each time."""
    host = nginx.https if case.is_tls else nginx.http
    found = []
    for repeat in range(options.repeats):
        for tool in tools if repeat % 2 == 0 else reversed(tools):
            seconds = round(tool.warm_up_seconds + options.window + 3)
            load = Load(case, host + case.path, host, seconds)
            run = measure(tool, case.name, load, nginx, repeat, options.window)
            found.append(run.as_json())
            say(
                f"{case.name:10} {repeat + 1}/{options.repeats} {tool.name:12}"
                f" {run.per_cpu_second:10,.0f} requests per CPU-second"
                f"   server {run.server_share:4.0%}"
                + "".join(f"   DOES NOT COUNT: {problem}" for problem in run.problems)
            )
    return found


def usable(tools: list[Tool]) -> list[Tool]:
    """Leaves out what is not installed and cannot be built, and says so."""
    ready = []
    probe = Load(CASES["plain"], "http://localhost/", "http://localhost", 1)
    for tool in tools:
        try:
            tool.command(probe)
            ready.append(tool)
        except MissingTool as error:
            say(f"left out {tool.name}: {error}")
    return ready


def single(scenario: str, options: argparse.Namespace, nginx: Nginx) -> list[dict[str, Any]]:
    """Runs a scenario of gregaria alone."""
    found = []
    for repeat in range(options.repeats):
        try:
            result = measure_single(scenario, repeat, options.gregaria, nginx)
        except (OSError, subprocess.CalledProcessError) as error:
            say(f"left out {scenario}: {error}")
            return found
        found.append(result.as_json())
        numbers = "  ".join(f"{name} {value:,.1f}" for name, value in result.numbers.items())
        say(
            f"{scenario:10} {repeat + 1}/{options.repeats} {numbers}"
            + "".join(f"   DOES NOT COUNT: {problem}" for problem in result.problems)
        )
    return found


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    tools = make_tools(options.gregaria, options.locust)
    wanted = options.tools.split(",") if options.tools else None
    if unknown := set(wanted or ()) - tools.keys():
        say(f"unknown tools {', '.join(sorted(unknown))}; known: {', '.join(tools)}")
        return 2
    results: dict[str, Any] = {"machine": machine(), "runs": [], "singles": []}
    with tempfile.TemporaryDirectory(prefix="gregaria-bench-") as folder:
        nginx = Nginx(Path(folder), SERVER_CORE)
        try:
            for scenario in options.scenario or ALL:
                case = CASES.get(scenario)
                if case is not None:
                    names = wanted or ["gregaria", *case.bars]
                    chosen = usable([tools[name] for name in names])
                    results["runs"] += compare(case, chosen, options, nginx)
                elif wanted is None or "gregaria" in wanted:
                    results["singles"] += single(scenario, options, nginx)
        finally:
            nginx.stop()
    name = results["machine"]["time"].replace(":", "").removesuffix("+0000")
    output = options.output or RESULTS / f"{name}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(results, indent=1) + "\n")
    say("\n" + report.report(results))
    say(f"written to {output}")
    return 1 if any(run["problems"] for run in results["runs"] + results["singles"]) else 0


if __name__ == "__main__":
    sys.exit(main())
