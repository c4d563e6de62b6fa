"""Copying images with all that belongs to them."""
