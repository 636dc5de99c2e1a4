"""Tests through the installed package, and of the rules that the repository keeps."""
