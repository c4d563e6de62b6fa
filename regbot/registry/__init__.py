"""The registry protocol over HTTP and in OCI layouts."""
