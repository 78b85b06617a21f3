"""The exception that a person sees as a plain line, and the one that stands in a table instead."""


class UserError(Exception):
    """What a user can cause and mend.

    Its text names the thing, its value and the rule, and says what to do, a line for each fault. Stages and the
    console command print it without a traceback and end with exit code 2.
    """

    def __str__(self) -> str:
        """Each fault's line says that it is one; indented lines are details."""
        lines = super().__str__().splitlines()
        return "\n".join(line if line.startswith(" ") else f"error: {line}" for line in lines)


class Unreadable(Exception):
    """Why a file cannot be used as a recording."""
