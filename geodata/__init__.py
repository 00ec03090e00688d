"""Data: the catalogue of lines, and a demo database."""
