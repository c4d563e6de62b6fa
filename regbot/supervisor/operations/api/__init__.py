"""The functions of the Lua API, a noun a module, as sandbox/prelude/api/ has them."""
