"""Registries over HTTP: one noun a module."""
