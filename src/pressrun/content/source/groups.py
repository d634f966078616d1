"""Fields inside of fields: one group after the other read, every Problem kept."""

from collections.abc import Mapping

from pressrun.content.source.fields import Field
from pressrun.content.source.names import Names, chosen
from pressrun.content.source.shapes import AnyShape, shaped
from pressrun.content.source.values import kind_of
from pressrun.model.problems import Position, Problem, Severity


class ReadFields:
    """What was read so far; *problems* is all that was wrong in it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def group(self, field: Field | None, names: Names) -> dict[str, Field] | None:
        """The fields inside of *field* by canonical name; None where it is not written, or holds no fields."""
        if field is None or field.value is None:
            return None
        if not isinstance(field.value, dict):
            message = f"named fields are expected here, not {kind_of(field.text_tree())}"
            self.problems.append(
                Problem(field.position, "wrong-type", message, f"known are {', '.join(names.aliases)}")
            )
            return None
        fields, found = chosen(field.value, names)
        self.problems += found
        told = {problem.position for problem in found}
        for name, extra in fields.extra.items():
            place = extra.key or extra.position
            if place not in told:
                message = f'"{name}" is not a field that Pressrun knows here'
                hint = f"known are {', '.join(names.aliases)}"
                self.problems.append(Problem(place, "unknown-field", message, hint, Severity.WARNING))
        return dict(fields.known)

    def read(
        self, shape: type[AnyShape], fields: Mapping[str, Field], start: Position, *, keep_empty: bool = False
    ) -> AnyShape | None:
        read, found = shaped(shape, fields, start, keep_empty=keep_empty)
        self.problems += found
        return read
