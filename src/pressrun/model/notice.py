"""Letters of the service itself: what each of them is for."""

import enum


class Notice(enum.Enum):
    """Why a letter goes to one person: to have them confirm, or with a link that they asked for."""

    CONFIRM = "confirm"
    MANAGE = "manage"
    DATA = "data"
