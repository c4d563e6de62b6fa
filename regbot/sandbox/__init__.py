"""What runs beside a script: launcher, child, jail and the stripped Lua state."""
