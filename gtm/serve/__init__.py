"""Sockets, reload and signals: the only place where packets, files and the clock come in."""
