"""What is measured: scenarios, and the bars that gregaria has to pass in each."""

from dataclasses import dataclass, field
from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class Case:
    """Users without waits: requests per CPU-second, side by side with other tools."""

    name: str
    path: str
    is_tls: bool = False
    #: Least ratio of gregaria's requests per CPU-second to another tool's.
    bars: dict[str, float] = field(default_factory=dict)

    @property
    def locustfile(self) -> Path:
        return SCENARIOS / f"{self.name}.py"


CASES = {
    case.name: case
    for case in (
        Case(
            "plain",
            "/",
            bars={
                "wrk": 0.80,
                "locust": 75,
                "locust-fast": 18,
                "goose": 4,
                "k6": 12,
                "oha": 1.2,
            },
        ),
        Case("tls", "/", is_tls=True, bars={"wrk": 0.75}),
        Case("json130", "/json130", bars={"wrk": 0.50}),
        Case("json2k", "/json2k", bars={"wrk": 0.27}),
        Case("listener", "/", bars={"wrk": 0.45}),
    )
}


@dataclass(frozen=True)
class Limit:
    """A number of gregaria alone that must not be exceeded."""

    scenario: str
    number: str
    most: float
    unit: str


LIMITS = (
    Limit("waiting", "core_percent", 8, "% of a core for 2,000 users, one request a second each"),
    Limit("waiting", "late_p99_ms", 10, "ms late at p99, 2,000 users"),
    Limit("memory", "user_kib", 12, "KiB for each of 10,000 users with its connection"),
    Limit("memory", "base_mib", 45, "MiB with one user"),
    Limit("memory_tls", "user_kib", 20, "KiB for each of 10,000 users with TLS"),
    Limit("startup", "version_ms", 80, "ms CPU of `gregaria --version`"),
    Limit("startup", "first_request_ms", 400, "ms CPU until the first request"),
)

#: In the order in which `make bench` runs them.
ALL = (*CASES, "waiting", "memory", "memory_tls", "startup")
