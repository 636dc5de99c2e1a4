"""Users for other clients and protocols."""
