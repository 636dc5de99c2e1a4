"""The parser of the command line, as locustfiles see it.

Options of ours are read in Rust, which also knows the environment and config files. The options
that a locustfile adds belong to argparse: Rust sorts the words and hands theirs over.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

from gregaria import _native
from gregaria._locustfiles import LoadError, find
from gregaria._options import DEFAULT_CONFIG_FILES, read

from .util.timespan import parse_timespan

__all__ = [
    "DEFAULT_CONFIG_FILES",
    "LocustArgumentParser",
    "UIExtraArgOptions",
    "default_args_dict",
    "get_empty_argument_parser",
    "get_locustfiles_locally",
    "get_parser",
    "json_user_config",
    "parse_locustfile_option",
    "parse_locustfile_paths",
    "parse_options",
    "positive_integer",
    "setup_parser_arguments",
    "timespan",
    "ui_extra_args_dict",
]


class _Group(argparse._ArgumentGroup):
    """A heading of the help text whose options may name an environment variable."""

    def add_argument(
        self, *args: Any, env_var: str | None = None, **kwargs: Any
    ) -> argparse.Action:
        """Adds an option; `env_var` sets it where the command line does not."""
        action = super().add_argument(*args, **kwargs)
        _set(action, env_var=env_var)
        return action


class LocustArgumentParser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` whose options may stand in the environment and in files."""

    def __init__(
        self,
        *args: Any,
        default_config_files: Iterable[str] = DEFAULT_CONFIG_FILES,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **{"prog": "gregaria", **kwargs})
        self._default_files = tuple(default_config_files)
        self._built_in: dict[str, argparse.Action] = {}
        self._complaint: str | None = None

    def add_argument(
        self,
        *args: Any,
        env_var: str | None = None,
        include_in_web_ui: bool = True,
        is_secret: bool = False,
        is_required: bool = False,
        is_multiple: bool = False,
        **kwargs: Any,
    ) -> argparse.Action:
        """Adds an option.

        `env_var` sets it where the command line does not. The other flags say how the web page
        shows it: not at all, as a password, as a field that must be filled, as a list.
        """
        action = super().add_argument(*args, **kwargs)
        _set(
            action,
            env_var=env_var,
            include_in_web_ui=include_in_web_ui,
            is_secret=is_secret,
            is_required=is_required,
            is_multiple=is_multiple,
        )
        return action

    def add_argument_group(self, *args: Any, **kwargs: Any) -> _Group:
        """Adds a heading; the options below it are not shown on the web page."""
        group = _Group(self, *args, **kwargs)
        self._action_groups.append(group)
        return group

    @property
    def args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Options that the web page shows, by the name of their attribute."""
        return self._with("include_in_web_ui")

    @property
    def secret_args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Of these, the ones shown as passwords."""
        return self._with("include_in_web_ui", "is_secret")

    @property
    def required_args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Of these, the ones that must be filled."""
        return self._with("include_in_web_ui", "is_required")

    @property
    def multiple_args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Of these, the ones that take a list."""
        return self._with("include_in_web_ui", "is_multiple")

    def _with(self, *flags: str) -> dict[str, argparse.Action]:
        return {
            action.dest: action
            for action in self._actions
            if all(getattr(action, flag, False) for flag in flags)
        }

    def add_built_in_options(self) -> None:
        """Adds the options that every locustfile has."""
        for option in _native.command_line_options():
            is_flag = option["nargs"] == ""
            shape: dict[str, Any] = {"action": "store_true"} if is_flag else {}
            if option["nargs"] == "*":
                shape["nargs"] = "*"
            action = self.add_argument(
                *option["names"],
                dest=option["dest"],
                default=option["default"],
                help=option["help"].replace("%", "%%")
                if option["is_usable"]
                else argparse.SUPPRESS,
                env_var=option["env"],
                **shape,
            )
            self._built_in[action.dest] = action
        self._built_in["user_classes"] = self.add_argument(
            "user_classes", nargs="*", metavar="UserClass", default=[]
        )

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Reads command line, environment and config files; the rest is what nobody knows."""
        if not self._built_in:
            return super().parse_known_args(args, namespace or argparse.Namespace())
        try:
            options, theirs, unknown, self._complaint = read(
                sys.argv[1:] if args is None else list(args),
                [_extra(action) for action in self._actions if self._is_extra(action)],
                self._default_files,
            )
        except ValueError as error:
            self.error(str(error))
        namespace, rest = super().parse_known_args(theirs, namespace or argparse.Namespace())
        for dest, value in options.items():
            # What nobody gave may have another default by now, through `set_defaults`.
            if value != self._built_in[dest].default or not hasattr(namespace, dest):
                setattr(namespace, dest, value)
        if namespace.config_users is not None:
            namespace.config_users = [self._user_config(text) for text in namespace.config_users]
        return namespace, unknown + rest

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Reads command line, environment and config files; ends the process if it cannot."""
        namespace, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(self._complaint or f"unrecognized arguments: {' '.join(unknown)}")
        return namespace

    def error(self, message: str) -> NoReturn:
        """Says what is wrong in one line, without the usage, and ends the process."""
        self.exit(2, f"{self.prog}: error: {message}\n")

    def _is_extra(self, action: argparse.Action) -> bool:
        is_ours = action.dest in self._built_in or isinstance(action, argparse._HelpAction)
        return bool(action.option_strings) and not is_ours

    def _user_config(self, text: str) -> list[dict[str, Any]]:
        try:
            return json_user_config(text)
        except argparse.ArgumentTypeError as error:
            self.error(f"argument --config-users: {error}")


def _set(action: argparse.Action, **attributes: object) -> None:
    for name, value in attributes.items():
        setattr(action, name, value)


def _extra(action: argparse.Action) -> tuple[list[str], str, str | None]:
    """An option of the locustfile, as Rust wants to know it."""
    nargs = 1 if action.nargs is None else action.nargs
    arity = "*" if nargs in (argparse.REMAINDER, argparse.PARSER) else str(nargs or "")
    return list(action.option_strings), arity, getattr(action, "env_var", None)


def timespan(time_str: str) -> int:
    """Seconds, from `20`, `20s`, `3m`, `2h`, `1h20m`."""
    try:
        return parse_timespan(time_str)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def positive_integer(string: str) -> int:
    """A whole number of one or more."""
    try:
        value = int(string)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid positive_integer value: '{string}'") from None
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"Invalid --expect-workers argument ({value}), must be a positive number"
        )
    return value


def json_user_config(string: str) -> list[dict[str, Any]]:
    """Settings of user classes: a JSON object or array, or the name of a `.json` file with one."""
    try:
        if string.endswith(".json"):
            with open(string, encoding="utf-8") as file:
                config = json.load(file)
        else:
            config = json.loads(string)
    except (ValueError, OSError) as error:
        raise argparse.ArgumentTypeError(
            f"The --config-users argument must be a valid JSON string or file: {error}"
        ) from error
    configs = config if isinstance(config, list) else [config]
    for each in configs:
        if not isinstance(each, dict) or "user_class_name" not in each:
            raise argparse.ArgumentTypeError("The user config must specify a user_class_name")
    return configs


def get_empty_argument_parser(
    add_help: bool = True, default_config_files: Iterable[str] = DEFAULT_CONFIG_FILES
) -> LocustArgumentParser:
    """A parser without any options."""
    return LocustArgumentParser(
        default_config_files=default_config_files,
        add_help=add_help,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )


def setup_parser_arguments(parser: LocustArgumentParser) -> None:
    """Adds the options that every locustfile has."""
    parser.add_built_in_options()


def get_parser(
    default_config_files: Iterable[str] = DEFAULT_CONFIG_FILES,
) -> LocustArgumentParser:
    """A parser with all options; listeners of `init_command_line_parser` add their own."""
    import gregaria.locust as locust

    parser = get_empty_argument_parser(default_config_files=default_config_files)
    setup_parser_arguments(parser)
    locust.events.init_command_line_parser.fire(parser=parser)
    return parser


def get_locustfiles_locally(options: argparse.Namespace) -> list[str]:
    """The files of `--locustfile`; ends the process with exit code 1 if there are none."""
    return parse_locustfile_paths([options.locustfile])


def parse_locustfile_paths(paths: list[str]) -> list[str]:
    """The files that `paths` mean; ends the process with exit code 1 if there are none."""
    try:
        return [file for path in paths for file in find(path)]
    except LoadError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def parse_options(args: Sequence[str] | None = None) -> argparse.Namespace:
    """All options of this run."""
    return get_parser().parse_args(args)


def parse_locustfile_option(
    args: Sequence[str] | None = None,
) -> tuple[argparse.Namespace, list[str]]:
    """The options that are known before the locustfile is, and the words that are not."""
    parser = get_empty_argument_parser()
    setup_parser_arguments(parser)
    return parser.parse_known_args(args)


class UIExtraArgOptions(NamedTuple):
    """How the web page shows an option of the locustfile."""

    default_value: str
    is_secret: bool
    is_required: bool
    help_text: str
    is_multiple: bool
    choices: list[str] | None = None


def default_args_dict() -> dict[str, Any]:
    """The options that every locustfile has, and their defaults."""
    defaults = {option["dest"]: option["default"] for option in _native.command_line_options()}
    return {**defaults, "user_classes": []}


def ui_extra_args_dict(args: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """The options of the locustfile that the web page shows."""
    parser = get_parser()
    given = vars(parser.parse_args(args))
    secret = parser.secret_args_included_in_web_ui
    required = parser.required_args_included_in_web_ui
    multiple = parser.multiple_args_included_in_web_ui
    known = default_args_dict()
    return {
        dest: UIExtraArgOptions(
            default_value=given[dest],
            is_secret=dest in secret,
            is_required=dest in required,
            help_text=action.help or "",
            is_multiple=dest in multiple,
            choices=list(action.choices) if action.choices is not None else None,
        )._asdict()
        for dest, action in parser.args_included_in_web_ui.items()
        if dest in given and dest not in known
    }
