"""The command line: what it prints, what it exits with, how it ends."""
