"""What a type of resource or data does when Terraform asks. The tables are filled by import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

State = dict[str, Any]


@dataclass
class Context:
    """What the provider block of a run says."""

    region: str = "us-east-1"
    default_tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """Makes, changes and removes one type. What `create` and `update` return is computed."""

    create: Callable[[State, Context], State]
    delete: Callable[[State, Context], None] = lambda state, context: None
    update: Callable[[State, State, Context], State] | None = None
    """Without it every change needs a new resource."""
    forces: frozenset[str] = frozenset()
    """Attributes whose change needs a new resource all the same."""
    renews: frozenset[str] = frozenset()
    """Computed attributes that an update changes."""
    is_there: Callable[[State, Context], bool] = lambda state, context: True


RESOURCES: dict[str, Resource] = {}
DATA: dict[str, Callable[[State, Context], State]] = {}
