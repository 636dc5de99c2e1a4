"""Load testing with unmodified locustfiles."""
