"""`rest()`: what becomes of answers that are no JSON, and of checks that fail."""

from contextlib import contextmanager

import pytest
from locust.exception import StopUser
from locust.user.users import RestMixin


class Response:
    """What the client hands out in a `with` block."""

    def __init__(self, text: str | None, error: object = None) -> None:
        self.text = text
        self.content = None if text is None else text.encode()
        self.error = error
        self.status_code = 200
        self.failures: list[str] = []

    def json(self) -> object:
        import json

        return json.loads(self.text or "")

    def failure(self, text: str) -> None:
        self.failures.append(text)


class Client:
    def __init__(self, response: Response) -> None:
        self.response = response
        self.requests: list[tuple[tuple[object, ...], dict[str, object]]] = []

    @contextmanager
    def request(self, *args: object, **kwargs: object):
        self.requests.append((args, kwargs))
        yield self.response


class RestUser(RestMixin):
    def __init__(self, text: str | None, error: object = None) -> None:
        self.client = Client(Response(text, error))


def test_json_is_asked_for_and_parsed() -> None:
    user = RestUser('{"a": 1}')
    with user.rest("GET", "/x", name="n") as response:
        assert response.js == {"a": 1}
    assert user.client.requests == [
        (
            ("GET", "/x"),
            {
                "catch_response": True,
                "headers": {"Content-Type": "application/json", "Accept": "application/json"},
                "name": "n",
            },
        )
    ]
    assert response.failures == []


def test_own_headers_stay_in_either_case() -> None:
    user = RestUser("{}")
    with user.rest("GET", "/", headers={"accept": "text/plain", "Content-Type": "a/b"}):
        pass
    assert user.client.requests[0][1]["headers"] == {"accept": "text/plain", "Content-Type": "a/b"}


def test_a_body_that_is_no_json_is_a_failure() -> None:
    with RestUser("<html>").rest("GET", "/") as response:
        assert response.js is None
    (failure,) = response.failures
    assert failure.startswith("Could not parse response as JSON. <html>, response code 200, error ")


def test_a_request_without_a_response_is_a_failure() -> None:
    with RestUser(None, ConnectionError("refused")).rest("GET", "/") as response:
        pass
    assert response.failures == ["refused"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no price", "no price"),
        ("no price,", "no price, response was {}"),
        (None, "Assertion failed"),
    ],
)
def test_a_failed_assertion_is_a_failure(text: str | None, expected: str) -> None:
    with RestUser("{}").rest("GET", "/") as response:
        raise AssertionError(text) if text else AssertionError
    assert response.failures == [expected]


def test_any_other_exception_is_a_failure_that_says_where_it_came_from() -> None:
    with RestUser('{"a": 1}').rest("GET", "/") as response:
        response.js["nokey"]
    (failure,) = response.failures
    assert failure.startswith("KeyError: 'nokey' at ")
    assert f"{__file__.rsplit('/', 1)[-1]}:" in failure
    assert failure.endswith('. Response was {"a": 1}')


def test_the_end_of_a_user_is_no_failure() -> None:
    user = RestUser("{}")
    with pytest.raises(StopUser), user.rest("GET", "/"):
        raise StopUser()
    assert user.client.response.failures == []


def test_a_polling_request_is_unique_but_has_one_name() -> None:
    user = RestUser("{}")
    with user.rest_("GET", "/x"):
        pass
    with user.rest_("GET", "/x?a=1", name="mine"):
        pass
    (first, first_options), (second, second_options) = user.client.requests
    assert first[1].startswith("/x?_=1")
    assert first_options["name"] == "/x?_=..."
    assert second[1].startswith("/x?a=1&_=1")
    assert second_options["name"] == "mine"
