"""Tests run under gevent, with `locust` meaning gregaria's namespace, as a locustfile runs."""

import gregaria

gregaria.install()
