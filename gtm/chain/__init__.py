"""The plugin chain: hooks, the facts that plugins read, the walk through them, and the plan that a walk leaves behind."""
