"""One message: its type, its data and the node it concerns."""

from __future__ import annotations

from typing import Any


class Message:
    """A message. `node_id` names the worker that sent it, or that it is for."""

    def __init__(self, message_type: str, data: Any, node_id: str | None) -> None:
        self.type = message_type
        self.data = data
        self.node_id = node_id

    def __repr__(self) -> str:
        return f"<Message {self.type}:{self.node_id}>"
