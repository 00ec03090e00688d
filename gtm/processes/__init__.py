"""Which processes there are: all in one, or a supervisor, a control process and workers that answer."""
