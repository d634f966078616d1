"""The sandbox that templates run in: no clock, no way out, and an end to everything."""

import functools
import re
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, MutableSet, Sized
from dataclasses import fields, is_dataclass
from datetime import datetime
from types import BuiltinMethodType, CodeType, MethodType
from typing import Any, cast

from jinja2 import Environment, Template, TemplateSyntaxError, nodes
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEscapeFormatter, SandboxedFormatter
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape, soft_str

from pressrun.rendering.budget import MOST_BITS, BeyondBudgetError, CountedTurns, budget, joined, narrow, whole

_NUMBER = re.compile(r"\d+")
# What `%` fills in: its width and its digits, either of which may be a star.
_CONVERSION = re.compile(r"%(?:\([^()]*\))?[#0 +-]*(\*|\d*)(?:\.(\*|\d*))?")


TOO_DEEP = "the brackets or blocks of this template are nested too deep"


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which also keeps the clock out, and stops what is beyond its budget (`budget.py`)."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})
    concat = staticmethod(joined)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # What they give is different every time, and the same input has to give the same bytes.
        del self.globals["lipsum"], self.filters["random"]
        self.allow({name: function for name, function in self.filters.items() if callable(function)})
        self.filters |= {_COUNTED: CountedTurns, _WEIGHED: _weighed, _WHOLE: _whole}
        for name in _COMPARING:
            self.tests[name] = _bounded(name, cast("Callable[..., Any]", self.tests[name]))

    def allow(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        """Add *filters*, each of which counts what it is given and what it makes."""
        self.filters |= {name: _bounded(name, function) for name, function in filters.items()}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            return super()._parse(source, name, filename)
        except RecursionError as error:
            raise TemplateSyntaxError(TOO_DEEP, 1, name, filename) from error

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        try:
            return super()._generate(_Counting().visit(source), name, filename, defer_init)
        except RecursionError as error:
            raise TemplateSyntaxError(TOO_DEEP, 1, name, filename) from error

    def _load_template(self, name: str, globals: Any) -> Template:  # noqa: A002 - the name is Jinja2's
        budget().turn()
        return super()._load_template(name, globals)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        budget().turn()
        if isinstance(__obj, (MethodType, BuiltinMethodType)):
            _before_method(__obj, args, kwargs)
        made = super().call(__context, __obj, *args, **kwargs)
        if isinstance(made, (str, bytes)):
            budget().characters_made(len(made))
        elif isinstance(made, (list, tuple, dict)):
            whole(made)
        return made

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        if not isinstance(value, (MethodType, BuiltinMethodType)) or value.__name__ not in ("format", "format_map"):
            return None
        text = value.__self__
        if not isinstance(text, str):
            return None
        formatter = _EscapeFormatter(self, escape=text.escape) if isinstance(text, Markup) else _Formatter(self)

        def formatted(*args: Any, **kwargs: Any) -> str:
            if value.__name__ == "format_map":
                (kwargs,), args = args, ()
            made = formatter.vformat(text, args, kwargs)
            budget().characters_made(len(made))
            return type(text)(made)

        return functools.update_wrapper(formatted, value)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # Nothing is added once a template was read, and Jinja2's chain of mappings is gone through for every page.
        return {**self.globals, **(d or {})}

    def getattr(self, obj: Any, attribute: str) -> Any:
        # The sandbox asks a dozen questions of every value, whose answers hang on the type and the name alone.
        kind = type(obj)
        if attribute in _READABLE[kind] or (
            kind is TemplateModule and attribute[:1] != "_" and attribute not in _CLOCK
        ):
            try:
                value = getattr(obj, attribute)
            except AttributeError:
                return super().getattr(obj, attribute)
            # Where something can be called, the sandbox looks at that, too.
            if not callable(value) or type(value) is Macro or kind is datetime:
                return value
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        # The same input has to give the same bytes, and a date knows how to ask for the time.
        return attr not in _CLOCK and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            _before_percent(left, right)
        elif operator in ("*", "**"):
            _before_product(operator, left, right)
        made = super().call_binop(context, operator, left, right)
        if isinstance(made, (str, bytes)):
            budget().characters_made(len(made))
        elif isinstance(made, (list, tuple)):
            whole(made)
        return made


_MUTABLE = (MutableMapping, MutableSequence, MutableSet, deque)
_CLOCK = frozenset({"now", "today", "utcnow"})


class _Readable(dict[type, frozenset[str]]):
    """By type, what any template may read of a thing, whatever it is; of the rest, the sandbox is asked each time."""

    def __missing__(self, kind: type) -> frozenset[str]:
        names: list[str] = []
        if is_dataclass(kind) and not issubclass(kind, (type, *_MUTABLE)):
            names = [each.name for each in fields(kind)]
            names += [name for name, value in vars(kind).items() if isinstance(value, property)]
        self[kind] = frozenset(name for name in names if not name.startswith("_")) - _CLOCK
        return self[kind]


_READABLE = _Readable()
_READABLE[datetime] = frozenset({"isoformat", "year", "month", "day", "hour", "minute"})
_READABLE[LoopContext] = frozenset({"first", "last", "index", "index0", "length"})


class _Template(Template):
    """A template that escapes the same text once, and counts what it makes."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],  # noqa: A002 - the name is Jinja2's
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        template = super().from_code(environment, code, globals, uptodate)
        # What Jinja2 compiled calls it by this name; where it did not any more, it would only take longer.
        names = template.root_render_func.__globals__
        names |= {"escape": _escaped, "str": _text, "str_join": _texts_joined, "markup_join": _markup_joined}
        names["LoopContext"] = _Loop
        return template


Sandbox.template_class = _Template
# A page says the titles and addresses of the publication and of its story many times.
_escaped_text = functools.lru_cache(maxsize=512)(escape)


def _escaped(value: Any) -> Markup:
    made = _escaped_text(value) if type(value) is str else escape(value)
    if len(made) > _SHORT:
        budget().characters_made(len(made))
    return made


def _text(value: Any = "") -> str:
    made = str(value)
    if len(made) > _SHORT:
        budget().characters_made(len(made))
    return made


def _texts_joined(parts: Any) -> str:
    return joined(list(map(str, parts)))


def _markup_joined(parts: Any) -> str:
    parts = list(parts)
    if any(hasattr(part, "__html__") for part in parts):
        return Markup(joined([escape(part) for part in parts]))
    return joined(list(map(str, parts)))


class _Loop(LoopContext):
    """A loop that knows its place; one that calls itself counts its turns here, for its items are nobody's else."""

    def __next__(self) -> Any:
        if not isinstance(self._iterable, CountedTurns):
            budget().turn()
        return super().__next__()


# What a template's own tree is changed to before it is compiled

# No template can name them: they are no identifiers.
_COUNTED, _WEIGHED, _WHOLE = "turn by turn", "by weight", "as a whole"


def _through(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(cast("nodes.Expr", node), name, [], [], None, None, lineno=node.lineno)


class _Counting(NodeTransformer):
    """Has every loop count its turns, every comparison weigh what it compares, every list look at what it holds."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - the name is Jinja2's
        self.generic_visit(node)
        node.iter = _through(_COUNTED, node.iter)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802
        self.generic_visit(node)
        for operand in node.ops:
            if not isinstance(operand.expr, nodes.Const):
                operand.expr = _through(_WEIGHED, operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:  # noqa: N802
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _through(_WEIGHED, node.node)
        return node

    def visit_List(self, node: nodes.List | nodes.Tuple | nodes.Dict) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        if getattr(node, "ctx", "load") != "load" or all(
            isinstance(each, nodes.Const) for each in node.iter_child_nodes()
        ):
            return node
        return _through(_WHOLE, node)

    visit_Tuple = visit_Dict = visit_List  # noqa: N815


def _whole(thing: Any) -> Any:
    whole(thing)
    return thing


def _weighed(thing: Any) -> Any:
    """*thing*, its length counted: comparing takes as long as it is."""
    if isinstance(thing, (str, bytes)):
        if len(thing) > _SHORT:
            budget().characters_made(len(thing))
    elif isinstance(thing, (list, tuple, dict, set, frozenset)):
        budget().turn(len(thing))
    return thing


# What makes more than it is given

_COMPARING = ("in", "eq", "==", "equalto", "ne", "!=", "lt", "<", "le", "<=", "gt", ">", "ge", ">=", "lower", "upper")
_WIDE = frozenset({"center", "indent", "batch", "slice", "round", "tojson", "wordwrap", "wrapped"})
_SHORT = 1_000


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter or test *function*, which counts what it is given and what it makes."""
    passed = 1 if hasattr(function, "jinja_pass_arg") else 0

    @functools.wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        value, *rest = args[passed:] or (None,)
        _weighed(value)
        if rest or kwargs:
            _before_filter(name, value, [*rest, *kwargs.values()])
        made = function(*args, **kwargs)
        if isinstance(made, str) and len(made) > _SHORT:
            budget().characters_made(len(made))
        return made

    return bounded


def _before_filter(name: str, value: Any, options: list[Any]) -> None:
    texts = [option for option in options if isinstance(option, str)]
    if name in _WIDE:
        narrow(*options)
    if name == "format":
        _before_percent(soft_str(value), tuple(options))
    elif name == "replace" and len(texts) > 1:
        budget().characters_made(soft_str(value).count(texts[0]) * len(texts[1]))
    elif name == "with_values":
        budget().characters_made(soft_str(value).count("{") * max(len(text) for text in [*texts, ""]))
    elif name == "indent":
        width = max([len(text) for text in texts] + [option for option in options if isinstance(option, int)])
        budget().characters_made(soft_str(value).count("\n") * width)
    elif name in ("join", "wordwrap", "urlize"):
        longest = max(map(len, texts), default=0)
        times = len(value) if isinstance(value, Sized) else _SHORT
        budget().characters_made(times * longest)


def _before_method(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse what a method of a text would make too much of; its own text counts as read."""
    text: Any = method.__self__
    _weighed(text)
    if not isinstance(text, (str, bytes)):
        return
    text = cast("Any", text)
    options = [*args, *kwargs.values()]
    narrow(*(options if method.__name__ in ("center", "ljust", "rjust", "zfill", "expandtabs") else ()))
    if method.__name__ == "expandtabs":
        budget().characters_made(len(text) + text.count("\t" if isinstance(text, str) else b"\t") * (options or [8])[0])
    elif method.__name__ == "replace" and len(options) > 1:
        budget().characters_made(text.count(options[0]) * len(options[1]))
    elif method.__name__ == "translate" and options:
        values = options[0].values() if isinstance(options[0], dict) else ()
        longest = max((len(each) for each in values if isinstance(each, str)), default=1)
        budget().characters_made(len(text) * longest)
    elif method.__name__ == "join" and options and isinstance(options[0], Sized):
        budget().characters_made(len(text) * len(options[0]))


def _before_percent(text: str, values: Any) -> None:
    given = values if isinstance(values, tuple) else (values,)
    for width, digits in _CONVERSION.findall(text):
        for number in (width, digits):
            narrow(*(given if number == "*" else (int(number[:9] or 0),)))


def _before_product(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
        if bits > MOST_BITS:
            raise BeyondBudgetError("this number is larger than any that there is room for")
    elif operator == "*":
        for many, times in ((left, right), (right, left)):
            if isinstance(many, Sized) and isinstance(times, int):
                budget().characters_made(len(many) * max(times, 0))


class _Formatter(SandboxedFormatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        narrow(*(int(number[:9]) for number in _NUMBER.findall(format_spec)))
        return super().format_field(value, format_spec)


class _EscapeFormatter(SandboxedEscapeFormatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        narrow(*(int(number[:9]) for number in _NUMBER.findall(format_spec)))
        return super().format_field(value, format_spec)
