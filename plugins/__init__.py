"""The built-in plugins. Each imports the public names of gtm only."""
