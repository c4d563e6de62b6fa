"""Measurements of regbot beside its peers, in one run: `make bench`."""
