"""Go's text/template, as far as a configuration needs it: text and values in, text out, no I/O."""
