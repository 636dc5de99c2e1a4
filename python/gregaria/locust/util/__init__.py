"""Small functions of Locust's `locust.util` that locustfiles and tools import."""
