"""Makes `frames.txt` from recordings of a proxy between a real master and real workers.

    python complete.py SESSION.jsonl... > frames.txt        (needs msgpack)

A recording holds the first 160 bytes of a frame, its length and the unpacked message. Each message
is packed again and must give these bytes and this length. Frames that were seen before and long
logs are left out.
"""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import msgpack

INTEGER_KEYS = {"response_times", "num_reqs_per_sec", "num_fail_per_sec"}
LONGEST_LOG = 600


def restored(value: Any, key: str = "") -> Any:
    """What JSON could not hold: integer keys, and bytes, which are recorded as their `repr`."""
    if isinstance(value, dict):
        if key in INTEGER_KEYS:
            return {int(second): count for second, count in value.items()}
        return {name: restored(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [restored(item) for item in value]
    if isinstance(value, str) and value.startswith("b'"):
        return ast.literal_eval(value)
    return value


def main() -> None:
    seen = set[str]()
    for path in sys.argv[1:]:
        for line in Path(path).read_text().splitlines():
            record = json.loads(line)
            message = record["msg"]
            if isinstance(message, str):
                continue  # recorded as corrupt
            frame = msgpack.packb(restored(message))
            assert len(frame) == record["len"], record
            assert frame[:160].hex() == record["hex"], record
            is_long_log = message[0] == "logs" and len(frame) > LONGEST_LOG
            words = f"{record['dir']} {message[0]} {frame.hex()}"
            if not is_long_log and words not in seen:
                seen.add(words)
                sys.stdout.write(f"{words}\n")


main()
