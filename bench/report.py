"""Turns a file of results into tables: `python bench/report.py bench/results/TIME.json`.

A ratio is taken inside one repeat, from two runs of the same minute; what is reported is the median
of the ratios with their range. Runs that do not count are left out and counted below the table.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from cases import CASES, LIMITS, Case

Json = dict[str, Any]


def report(results: Json) -> str:
    """All tables of one file of results, as Markdown."""
    machine = results["machine"]
    head = (
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
        f"Python {machine['python']}, {machine['time']}, load before {machine['load_before']:.2f}"
    )
    parts = [head]
    for case in CASES.values():
        runs = [run for run in results["runs"] if run["scenario"] == case.name]
        if runs:
            parts.append(f"### {case.name}\n\n{comparison(case, runs)}")
    if results["singles"]:
        parts.append(f"### gregaria alone\n\n{limits(results['singles'])}")
    invalid = [
        f"- {run['scenario']} {run.get('tool', 'gregaria')}, repeat {run['repeat'] + 1}: {problem}"
        for run in results["runs"] + results["singles"]
        for problem in run["problems"]
    ]
    if invalid:
        parts.append("### Runs that do not count\n\n" + "\n".join(invalid))
    return "\n\n".join(parts) + "\n"


def comparison(case: Case, runs: Sequence[Json]) -> str:
    """One row for each tool: its cost, and how many times cheaper gregaria is."""
    valid = [run for run in runs if not run["problems"]]
    ours = {run["repeat"]: run["per_cpu_second"] for run in valid if run["tool"] == "gregaria"}
    rows = []
    for tool in dict.fromkeys(run["tool"] for run in runs):
        costs = [run["per_cpu_second"] for run in valid if run["tool"] == tool]
        ratios = [
            ours[run["repeat"]] / run["per_cpu_second"]
            for run in valid
            if run["tool"] == tool and run["repeat"] in ours and tool != "gregaria"
        ]
        bar = case.bars.get(tool)
        micros = f"{1e6 / median(costs):.1f}" if costs else "–"
        rows.append(
            (
                *(tool, spread(costs, ",.0f"), micros, spread(ratios, ".2f")),
                *(f"≥ {bar:g}" if bar else "", verdict(ratios, bar, is_least=True)),
            )
        )
    head = ("tool", "requests per CPU-second", "µs CPU each", "gregaria ÷ tool", "bar", "")
    return table(head, rows)


def limits(singles: Sequence[Json]) -> str:
    """One row for each limit that has been measured."""
    rows = []
    for limit in LIMITS:
        values = [
            result["numbers"][limit.number]
            for result in singles
            if result["scenario"] == limit.scenario
            and not result["problems"]
            and limit.number in result["numbers"]
        ]
        if any(result["scenario"] == limit.scenario for result in singles):
            rows.append(
                (
                    *(limit.scenario, limit.unit, spread(values, ".1f"), f"≤ {limit.most:g}"),
                    verdict(values, limit.most, is_least=False),
                )
            )
    return table(("scenario", "number", "measured", "bar", ""), rows)


def spread(values: Sequence[float], form: str) -> str:
    """The median and, if there is more than one value, the range."""
    if not values:
        return "–"
    middle = format(median(values), form)
    if len(values) == 1:
        return middle
    return f"{middle} [{format(min(values), form)}–{format(max(values), form)}]"


def verdict(values: Sequence[float], bar: float | None, *, is_least: bool) -> str:
    """Whether the median passes the bar, and by how much it misses it."""
    if bar is None or not values:
        return ""
    middle = median(values)
    if middle >= bar if is_least else middle <= bar:
        return "met"
    return f"missed by {abs(middle / bar - 1):.0%}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    print(report(json.loads(Path(sys.argv[1]).read_text())))
