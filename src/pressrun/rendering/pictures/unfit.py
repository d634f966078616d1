"""A picture that cannot be shown."""

from pressrun.model.problems import PressrunError


class Unfit(PressrunError, ValueError):
    """A picture that cannot be shown, with what to do instead as *hint*."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
