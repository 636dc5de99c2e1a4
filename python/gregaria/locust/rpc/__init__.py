"""Messages between master and workers, as listeners of custom messages see them."""

from .protocol import Message

__all__ = ["Message"]
