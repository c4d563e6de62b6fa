"""OCI layouts."""
