"""A slow link between two network devices: frames take their time, and every n-th gets lost.

The kernel's own `netem` is a module that many machines lack. Frames are lost at even distances, so
that a test sees the same link each time: what is lost is sent again and comes through.

    slow_link.py DEVICE DEVICE SECONDS LOSS_PERCENT
"""

import selectors
import socket
import sys
import time
from collections import deque

#: Of <linux/if_packet.h> and <linux/if_ether.h>.
SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 15, 23, 3

#: A frame with its header for checksums and segments, which the devices leave to each other.
LARGEST = 1 << 17


def opened(device: str) -> socket.socket:
    """All frames that come out of a device, and the way into it."""
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    end.bind((device, 0))
    end.setblocking(False)
    return end


class Direction:
    """One way through the link."""

    def __init__(self, source: socket.socket, sink: socket.socket, lost: float) -> None:
        self.source, self.sink = source, sink
        self._lost = lost
        self._owed = 0.0
        #: Frames under way, with the time of their arrival.
        self.under_way: deque[tuple[float, bytes]] = deque()

    def take(self, delay: float) -> None:
        """Takes a frame from the source, or loses it."""
        frame = self.source.recv(LARGEST)
        self._owed += self._lost
        if self._owed >= 1:
            self._owed -= 1
        else:
            self.under_way.append((time.monotonic() + delay, frame))

    def deliver(self) -> None:
        """Hands on what has arrived."""
        while self.under_way and self.under_way[0][0] <= time.monotonic():
            try:
                self.sink.send(self.under_way.popleft()[1])
            except OSError:
                # The cable behind it is pulled: lost, as on any link.
                continue


def main(first: str, second: str, seconds: str, loss_percent: str) -> None:
    delay, lost = float(seconds), float(loss_percent) / 100
    ends = opened(first), opened(second)
    directions = [Direction(*ends, lost), Direction(*reversed(ends), lost)]
    selector = selectors.DefaultSelector()
    for direction in directions:
        selector.register(direction.source, selectors.EVENT_READ, direction)
    print("ready", flush=True)
    while True:
        due = [each.under_way[0][0] for each in directions if each.under_way]
        patience = max(0.0, min(due) - time.monotonic()) if due else None
        for key, _ in selector.select(patience):
            key.data.take(delay)
        for direction in directions:
            direction.deliver()


if __name__ == "__main__":
    main(*sys.argv[1:])
