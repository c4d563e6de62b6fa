"""The frames that supervisor and child exchange: values and bytes, no I/O."""
