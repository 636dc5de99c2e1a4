"""Workers that come back after two minutes: one was frozen, one was cut off from its master."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.absence import Absence
from tests.cluster.hosts import Network
from tests.cluster.nodes import first_look, id_of
from tests.cluster.sites import USERS, Site
from tests.cluster.test_faults import LOSS_LIMIT, RECOVERY_SECONDS, SILENCE_SECONDS

#: Seconds until a worker that is back runs its share: it tries to connect every few seconds.
RETURN_LIMIT = 30


@pytest.fixture
def absence(tmp_path: Path, network: Network) -> Iterator[Absence]:
    """A cluster two of whose workers are away for minutes."""
    site = Site(tmp_path, network, count=3)
    yield Absence(site)
    site.close()


def test_workers_that_were_away_for_two_minutes_come_back_and_nothing_is_lost_or_counted_twice(
    absence: Absence,
) -> None:
    master, site = absence.master, absence.site
    names = {id_of(worker) for worker in (absence.frozen, absence.cut)}

    def states(look: dict) -> set[str | None]:
        return {look["workers"].get(name, [None])[0] for name in names}

    def is_full(look: dict) -> bool:
        return states(look) <= {"missing", None} and sum(look["users"].values()) == USERS

    back_at = absence.end()
    # Their users were moved, and stayed with the steady one.
    missed = first_look(master, absence.began, lambda look: states(look) == {"missing"})
    assert missed is not None and missed["at"] - absence.began < LOSS_LIMIT
    moved = first_look(master, missed["at"], is_full)
    assert moved is not None and moved["at"] - missed["at"] < RECOVERY_SECONDS
    meanwhile = [look for look in master.notes("look") if moved["at"] <= look["at"] < back_at]
    assert all(map(is_full, meanwhile))
    # After a minute they are forgotten. The one that could stopped its users, which nobody knew of.
    assert states(meanwhile[-1]) == {None}
    stopped = absence.cut.notes("test_stop")
    assert [stop["at"] - absence.began > SILENCE_SECONDS - 2 for stop in stopped] == [True]

    shares = [USERS // 3] * 3
    site.cluster.wait(
        "all have their share",
        lambda: [worker.users() for worker in absence.workers] == shares,
        RETURN_LIMIT,
    )
    site.cluster.wait_for_users(USERS, absence.workers)
    assert [len(worker.notes("init")) for worker in absence.workers] == [1, 1, 1]
    site.quit(master, absence.workers)
