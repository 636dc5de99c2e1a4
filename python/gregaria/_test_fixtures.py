"""The fixtures that a test function may ask for: both of Locust's clients.

`request` is the user that runs the function. Imported only where pytest is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gregaria.locust.clients import HttpSession
from gregaria.locust.contrib.fasthttp import FastHttpSession

if TYPE_CHECKING:
    from gregaria.locust.user.users import User


@pytest.fixture
def session(request: User) -> HttpSession:
    """The client of an `HttpUser`."""
    return HttpSession(request.host or "", request.environment.events.request, user=request)


@pytest.fixture
def fastsession(request: User) -> FastHttpSession:
    """The client of a `FastHttpUser`."""
    return FastHttpSession(request.host, request.environment.events.request, user=request)
