"""The files folder."""
