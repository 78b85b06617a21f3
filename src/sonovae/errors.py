"""Exceptions: one that a user sees as a plain line, and one that a table shows instead."""


class UserError(Exception):
    """Fault that a user can cause and fix.

    Its text names the thing, its value, the rule and the fix, a line for each fault. Stages and the
    command line print it without a traceback and end with exit code 2.
    """

    def __str__(self) -> str:
        """Return each fault's line after `error: `; indented lines are details."""
        lines = super().__str__().splitlines()
        return "\n".join(line if line.startswith(" ") else f"error: {line}" for line in lines)


class Unreadable(Exception):
    """Reason why a file cannot be used as a recording."""
