"""The commands: one module each, imported only when its word is used."""
