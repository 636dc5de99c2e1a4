"""A server whose answers take a known time: from a distribution with a long tail, times a factor.

Started as `slow_server.py PORT FACTOR`. It answers every path with 200 and speaks keep-alive.
"""

import asyncio
import random
import sys

#: Median of each page's time in milliseconds, and how wide it is spread.
PAGES = {b"/item": (12.0, 0.35), b"/search": (30.0, 0.5), b"/cart": (20.0, 0.25)}
OTHER = (5.0, 0.1)

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def serve(port: int, factor: float) -> None:
    """Answers until it is ended."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                median, width = PAGES.get(head.split(b" ", 2)[1], OTHER)
                time_ms = factor * median * random.lognormvariate(0.0, width)
                await asyncio.sleep(time_ms / 1000)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
