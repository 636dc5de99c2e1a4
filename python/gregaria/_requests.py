"""Parts of requests that its type stubs leave out, with the types they have.

Imported by name, since a type checker believes the stubs of a module that it can see.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.cookiejar import CookieJar
    from types import ModuleType

    from requests import PreparedRequest

#: The JSON of requests: simplejson where that is installed.
complexjson: ModuleType = import_module("requests.compat").json

_prepared_request = import_module("requests.models").PreparedRequest
_cookies = import_module("requests.cookies")

#: A form as the body of a request, and as a body of several parts with the type of that.
encode_params: Callable[[Any], Any] = _prepared_request._encode_params
encode_files: Callable[[Any, Any], tuple[bytes, str]] = _prepared_request._encode_files

cookiejar_from_dict: Callable[[Mapping[str, str]], CookieJar] = _cookies.cookiejar_from_dict
#: Puts the cookies of a response of urllib3 into a jar.
extract_cookies_to_jar: Callable[[CookieJar, PreparedRequest, Any], None] = (
    _cookies.extract_cookies_to_jar
)
