"""The configuration file: schema, loading, templates, durations, Docker import."""
