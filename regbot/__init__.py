"""Run untrusted Lua scripts against container registries."""
