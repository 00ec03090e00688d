"""The wire: bytes to values and back (RFC 1035, 6891, 7871). Knows nothing of zones, pools or clients."""
