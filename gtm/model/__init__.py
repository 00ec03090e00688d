"""What the server reasons about, as frozen values that check themselves at birth. Knows no plugin and does no I/O."""
