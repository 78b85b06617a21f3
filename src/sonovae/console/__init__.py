"""The words a user types: the command line, and the commands over a project."""
