"""Which user classes take part in a run, and what the command line changes in them."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping

from gregaria import _native
from gregaria._refusal import Refusal
from gregaria.locust.env import Environment
from gregaria.locust.user.users import User

logger = logging.getLogger("locust.main")

#: Exit code of Locust for `--config-users` it cannot apply.
BAD_CONFIG = 255


class NoUserClass(Refusal):
    """The locustfile has nothing to run."""


def chosen(available: Mapping[str, type[User]], names: list[str]) -> list[type[User]]:
    """The classes of these names, in their order; all of them if no name is given."""
    if not available:
        raise NoUserClass(
            "No User class found!\nDefine one that inherits from User or HttpUser, or functions "
            "named test_* that take `session`"
        )
    unknown = [name for name in names if name not in available]
    if unknown:
        near = {_native.closest(name, list(available)): None for name in unknown}
        meant = " or ".join(f"'{name}'" for name in near if name is not None)
        hint = f"\nDid you mean {meant}?" if meant else f"\nThere are: {', '.join(available)}"
        raise Refusal(f"Unknown User(s): {', '.join(unknown)}{hint}")
    return [available[name] for name in dict.fromkeys(names)] or list(available.values())


def configure(environment: Environment, options: argparse.Namespace) -> None:
    """Applies what the command line says about the classes, and warns of what has no effect."""
    configs: list[list[dict[str, object]]] = options.config_users or []
    for config in configs:
        for user in config:
            _configure_user(environment, user)
    if environment.shape_class is None:
        _check_fixed_count(environment, options.num_users)
    elif not environment.shape_class.use_common_options:
        _warn_of_shape(options)


def _configure_user(environment: Environment, user: dict[str, object]) -> None:
    try:
        environment.update_user_class(user)
    except KeyError as error:
        known = ", ".join(environment.available_user_classes or {})
        raise Refusal(
            "Error applying user config, probably you tried to specify config for a User not "
            f"present in your locustfile: {error}\nThere are: {known}",
            BAD_CONFIG,
        ) from error


def _check_fixed_count(environment: Environment, user_count: int | None) -> None:
    fixed = sum(each.fixed_count for each in environment.user_classes if each.fixed_count)
    if user_count and fixed > user_count:
        logger.info(
            "Total fixed_count of User classes (%s) is greater than the specified number of users "
            "(%s), so not all will be spawned.",
            fixed,
            user_count,
        )


def _warn_of_shape(options: argparse.Namespace) -> None:
    ignored = [
        name
        for name, value in (
            ("--users", options.num_users),
            ("--spawn-rate", options.spawn_rate),
            ("--run-time", options.run_time),
        )
        if value
    ]
    if ignored:
        logger.warning(
            "--run-time, --users or --spawn-rate have no impact on LoadShapes unless the shape "
            "class explicitly reads them. See: "
            "docs.locust.io/en/stable/custom-load-shape.html#use-common-options"
        )
        logger.warning("The following option(s) will be ignored: %s", ", ".join(ignored))
