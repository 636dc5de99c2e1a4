"""Finding the locustfiles in a directory."""

from __future__ import annotations

import os


def get_abspaths_in(path: str, extension: str | None = None) -> list[str]:
    """Absolute paths of the files below `path` that end in `extension`, in a stable order.

    Files whose name starts with an underscore are left out.
    """
    found: list[str] = []
    for folder, folders, files in os.walk(path):
        folders.sort()
        found.extend(
            os.path.abspath(os.path.join(folder, name))
            for name in sorted(files)
            if not name.startswith("_") and (extension is None or name.endswith(extension))
        )
    return found
