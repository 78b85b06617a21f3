"""Command line, and the commands over a project and over sound files."""
