"""Run-time guards behind the names that policy.py leaves in a module's code.

Rules: an attribute name that the policy refuses in the source is refused in getattr() too; only plain
containers and instances of the module's own classes can be written to; classes are made by SandboxMeta
alone.
"""

import abc
import collections
import operator
import string
import types
from collections.abc import Callable
from typing import Any, Final

from RestrictedPython.Guards import guarded_iter_unpack_sequence, guarded_unpack_sequence

from vestnik.sandbox.policy import attribute_refusal

_split_field_name: Final = string._string.formatter_field_name_split  # type: ignore[attr-defined]  # as string.py does
_MISSING: Final = object()
_OPAQUE: Final = (
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.CoroutineType,
    types.GeneratorType,
    types.AsyncGeneratorType,
)
_NAMED: Final = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_TYPELESS: Final = (*_OPAQUE, *_NAMED)
_NEVER_ON: Final = (BaseException, string.Formatter)


class Facade:
    """Base of the stand-ins for modules: explicit names only, nothing can be set, no live module inside."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self!r} offers no {name!r}")

    def __repr__(self) -> str:
        return f"<module {type(self).__name__!r}>"


def facade(name: str, names: dict[str, Any]) -> Any:
    """A Facade whose attributes are exactly `names`, read at native speed."""
    attributes = {
        key: staticmethod(value) if hasattr(value, "__get__") and not isinstance(value, type) else value
        for key, value in names.items()
    }
    return type(name, (Facade,), {"__slots__": (), **attributes})()


# -- reading


class _Formatter(string.Formatter):
    """str.format whose fields are read through the guard."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        first, rest = _split_field_name(field_name)
        value = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            value = guarded_getattr(value, key) if is_attribute else value[key]
        return value, first


def _format(text: str) -> Callable[..., str]:
    return lambda *args, **kwargs: _Formatter().vformat(text, args, kwargs)


def _check_name(name: object) -> None:
    if type(name) is not str:  # a subclass could answer one thing to us and another to getattr
        raise TypeError("attribute name must be str")
    if attribute_refusal(name) is not None:
        raise AttributeError(f"{name!r} is not accessible")


def guarded_getattr(value: Any, name: str, default: Any = _MISSING) -> Any:
    """getattr() for names computed at run time and for the sensitive constants."""
    if name == "__name__" and isinstance(value, _NAMED):
        return str(value.__name__)
    _check_name(name)
    if isinstance(value, _OPAQUE):
        raise AttributeError(f"attributes of {type(value).__name__!r} objects are not accessible")
    if name == "format" and isinstance(value, str):
        return _format(str(value))
    if name == "format" and isinstance(value, type) and issubclass(value, str):
        return lambda text, *args, **kwargs: _format(str(text))(*args, **kwargs)
    if name in ("obj", "func", "get_field", "vformat") and isinstance(value, _NEVER_ON):
        raise AttributeError(f"{name!r} is not accessible")
    if name == "register" and isinstance(value, abc.ABCMeta):  # it would change isinstance() for every call
        raise AttributeError(f"{name!r} is not accessible")
    return getattr(value, name) if default is _MISSING else getattr(value, name, default)


def guarded_hasattr(value: Any, name: str) -> bool:
    """hasattr(): a name that may not be read does not exist."""
    try:
        guarded_getattr(value, name)
    except (AttributeError, TypeError):
        return False
    return True


def guarded_type(value: Any) -> type:
    """type() with one argument, for values only: the type of a class would make classes with any dunder."""
    if isinstance(value, _TYPELESS) or isinstance(value, Facade):
        raise TypeError("type() of this object is not available")
    return type(value)


# -- writing


_CLASS_KEYS: Final = frozenset(
    {
        "__module__", "__qualname__", "__doc__", "__classcell__", "__annotations__",
        "__firstlineno__", "__static_attributes__", "__classdictcell__",
        "__init__", "__contains__", "__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__", "__hash__",
    }
)  # fmt: skip


class SandboxMeta(type):
    """Metaclass of every class that a module defines; its instances are writable.

    A class with any dunder would be a way out: `__exit__` sees tracebacks, `__match_args__` reads any
    attribute, `__reduce_ex__` rebuilds anything. The policy refuses them in the source, this in a call.
    """

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **keywords: Any) -> Any:
        for key in namespace:
            if type(key) is not str or (key.startswith("__") and key not in _CLASS_KEYS):
                raise TypeError(f"class attribute {key!r} is not allowed")
        if keywords:
            raise TypeError("class keywords are not allowed")
        return super().__new__(mcs, name, bases, namespace)


_WRITABLE: Final = frozenset(
    {
        dict,
        list,
        bytearray,
        collections.defaultdict,
        collections.OrderedDict,
        collections.Counter,
        collections.deque,
    }
)


class _ReadOnly:
    """Takes the place of what may not be written to."""

    __slots__ = ()

    def _refuse(self, *_: Any) -> None:
        raise TypeError("this object can't be changed by a module")

    __setitem__ = __delitem__ = _refuse

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse()

    def __delattr__(self, name: str) -> None:
        self._refuse()


_READ_ONLY: Final = _ReadOnly()


def guarded_write(value: Any) -> Any:
    """The object itself if a module may change it, otherwise one that refuses every change."""
    kind = type(value)
    if kind in _WRITABLE or type(kind) is SandboxMeta or kind is SandboxMeta:
        return value
    return _READ_ONLY


def guarded_setattr(value: Any, name: str, new: Any) -> None:
    _check_name(name)
    setattr(guarded_write(value), name, new)


def guarded_delattr(value: Any, name: str) -> None:
    _check_name(name)
    delattr(guarded_write(value), name)


_IN_PLACE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "%=": operator.imod,
    "**=": operator.ipow,
    "<<=": operator.ilshift,
    ">>=": operator.irshift,
    "|=": operator.ior,
    "^=": operator.ixor,
    "&=": operator.iand,
    "//=": operator.ifloordiv,
    "@=": operator.imatmul,
}


def inplace_item(symbol: str, container: Any, key: Any, value: Any) -> None:
    """`container[key] += value`."""
    guarded_write(container)[key] = _IN_PLACE[symbol](container[key], value)


def inplace_attribute(symbol: str, owner: Any, name: str, value: Any) -> None:
    """`owner.name += value`; the name was checked in the source."""
    setattr(guarded_write(owner), name, _IN_PLACE[symbol](guarded_getattr(owner, name), value))


def module_globals(builtin_names: dict[str, Any]) -> dict[str, Any]:
    """The globals that a module's body starts with, new for every call."""
    return {
        "__builtins__": builtin_names,
        "__name__": "module",
        "__metaclass__": SandboxMeta,
        "_getattr_": guarded_getattr,
        "_write_": guarded_write,
        "_inplaceitem_": inplace_item,
        "_inplaceattr_": inplace_attribute,
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
        "_unpack_sequence_": guarded_unpack_sequence,
    }
