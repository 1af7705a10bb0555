"""The commands of `gongkai`, a module a noun. `cli.py` at the top of the repository puts them together."""
