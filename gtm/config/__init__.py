"""Corefile.toml to a frozen tree, or every fault in it with its place."""
