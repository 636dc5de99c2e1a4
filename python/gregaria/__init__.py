"""Load testing with unmodified locustfiles."""

from __future__ import annotations

__all__ = ["__version__", "install"]

#: The version of gregaria.
__version__: str


def install() -> None:
    """Makes `import locust` mean gregaria's namespace, in this process only.

    For scripts that use Locust as a library. It patches the standard library for gevent, so it
    comes before all other imports.
    """
    from gregaria import loader

    loader.prepare()


def __getattr__(name: str) -> str:
    if name == "__version__":
        from gregaria import _native

        return _native.VERSION
    raise AttributeError(f"module 'gregaria' has no attribute '{name}'")
