"""The cookies of a session, seen from Python.

The engine stores cookies and sends them, redirects included, without Python. What a locustfile has
in hand is a `RequestsCookieJar` that is filled from the engine's jar when it is looked at, and that
passes changes on to it. So the fast path and requests itself see the same cookies.
"""

from __future__ import annotations

from functools import partial
from http.cookiejar import Cookie, CookieJar
from typing import TYPE_CHECKING, Any

from requests.cookies import RequestsCookieJar

from gregaria._hub import on_the_engines_thread
from gregaria._requests import cookiejar_from_dict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gregaria._native import Client


class EngineCookies(RequestsCookieJar):
    """A window on the cookie jar of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        super().__init__()

    @property
    def _cookies(self) -> dict[str, dict[str, dict[str, Cookie]]]:
        # Where `http.cookiejar` and requests keep all cookies, by domain, path and name.
        by_domain: dict[str, dict[str, dict[str, Cookie]]] = {}
        for name, value, domain, path, expires, secure, http_only in on_the_engines_thread(
            self._client.cookies
        ):
            cookie = _cookie(name, value, domain, path, expires, secure, http_only)
            by_domain.setdefault(domain, {}).setdefault(path, {})[name] = cookie
        return by_domain

    @_cookies.setter
    def _cookies(self, value: dict[str, Any]) -> None:
        """Assigned by `http.cookiejar` when it empties the jar, which `clear` passes on."""

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        """Adds a cookie, in place of the one of the same domain, path and name."""
        super().set_cookie(cookie, *args, **kwargs)  # pyright: ignore[reportUnknownMemberType] - the stubs leave out what it returns
        set_cookie = partial(
            self._client.set_cookie,
            cookie.name,
            cookie.value or "",
            cookie.domain,
            cookie.path,
            None if cookie.expires is None else int(cookie.expires),
            bool(cookie.secure),
        )
        on_the_engines_thread(set_cookie)

    def clear(
        self, domain: str | None = None, path: str | None = None, name: str | None = None
    ) -> None:
        """Removes all cookies, or those of a domain, of a path in it, or one by its name."""
        if domain is None:
            on_the_engines_thread(partial(self._client.clear_cookies, "", "", None))
            return
        cookies = self._cookies[domain]
        for each_path in cookies if path is None else (path,):
            for each_name in cookies[each_path] if name is None else (name,):
                known = cookies[each_path][each_name].name
                clear = partial(self._client.clear_cookies, domain, each_path, known)
                on_the_engines_thread(clear)

    def replace(self, cookies: CookieJar | Mapping[str, str] | None) -> None:
        """Removes all cookies and takes over others."""
        self.clear()
        if cookies is None:
            return
        jar = cookies if isinstance(cookies, CookieJar) else cookiejar_from_dict(dict(cookies))
        for cookie in list(jar):
            self.set_cookie(cookie)


def _cookie(
    name: str,
    value: str,
    domain: str,
    path: str,
    expires: float | None,
    secure: bool,
    http_only: bool,
) -> Cookie:
    """A cookie in the shape of the standard library."""
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=bool(domain),
        domain_initial_dot=domain.startswith("."),
        path=path,
        path_specified=True,
        secure=secure,
        expires=None if expires is None else int(expires),
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest={"HttpOnly": None} if http_only else {},  # type: ignore[arg-type]
    )
