"""View models: what stands on the screen? Pure functions from rows to lines; no terminal, no arithmetic on money."""
