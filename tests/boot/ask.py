"""Asks the page of a master, on whatever host this is run.

    python ask.py URL CERTIFICATE PASSWORD [FORM]

prints the answer as one line of JSON: `status` and `body`, or `error` if there was none.
"""

import json
import ssl
import sys
import urllib.error
import urllib.request

#: Seconds until somebody behind a filter gives up.
TIMEOUT = 5


def ask(url: str, certificate: str, password: str, form: str | None = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {password}"} if password else {}
    request = urllib.request.Request(url, form.encode() if form else None, headers)
    trust = ssl.create_default_context(cafile=certificate)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT, context=trust) as answer:
            return {"status": answer.status, "body": answer.read().decode()}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": error.read().decode()}
    except OSError as error:
        return {"error": str(error)}


if __name__ == "__main__":
    print(json.dumps(ask(*sys.argv[1:])))
