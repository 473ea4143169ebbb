"""Strict validation of JSON against the TypedDicts of a vendor's SDK.

The SDKs publish their request types as TypedDicts for type checkers, and check nothing at run time. pydantic can
validate them, but three things in them would let mistakes pass:

- A TypedDict permits unknown keys. A field of another vendor, or a misspelt one, would be accepted.
- `Iterable[X]` is validated lazily: pydantic returns a generator and never looks at the items.
- Unions also contain what only a Python program can pass, such as open files and the models of responses. Those models
  permit unknown keys.
- Beside a TypedDict, a union may contain a dict of anything, which accepts what the TypedDict refuses.

So each type is rebuilt: unknown keys are forbidden unless the SDK itself permits them, iterables are lists, and only what
JSON can express is left.
"""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import Any, Literal, Union

import pydantic
import typing_extensions
from typing_extensions import NotRequired, Required, is_typeddict

import complaints

SCALARS = (str, int, float, bool, type(None))
LISTS = (list, collections.abc.Iterable, collections.abc.Sequence)
UNIONS = (Union, types.UnionType)


class Unrepresentable(Exception):
    """A type that JSON cannot express."""


class Rebuilder:
    """Rebuilds types for strict validation. Recursive types are rebuilt once, and refer to each other by name."""

    def __init__(self) -> None:
        self.rebuilt: dict[type, type] = {}
        self.names: dict[str, Any] = {}

    def rebuild(self, annotation: Any) -> Any:
        origin, args = typing.get_origin(annotation), typing.get_args(annotation)
        if annotation in SCALARS or annotation in (Any, object) or origin in (Literal, typing_extensions.Literal):
            return Any if annotation is object else annotation
        if is_typeddict(annotation):
            return self.typed_dict(annotation)
        if origin in (Required, NotRequired, typing.Annotated, typing_extensions.Annotated):
            return self.rebuild(args[0])
        if origin in UNIONS:
            return self.union(args)
        if origin is dict or origin is collections.abc.Mapping:
            return dict[str, self.rebuild(args[1])]
        if annotation is dict:
            return dict[str, Any]
        # Also the SDKs' own `SequenceNotStr`, a protocol for lists of strings.
        if origin in LISTS or getattr(origin, "__name__", "") == "SequenceNotStr":
            return list[self.rebuild(args[0])]
        raise Unrepresentable(annotation)

    def union(self, members: tuple[Any, ...]) -> Any:
        kept = []
        for member in members:
            try:
                kept.append(self.rebuild(member))
            except Unrepresentable:
                continue
        if not kept:
            raise Unrepresentable(members)
        if any(isinstance(member, typing.ForwardRef) for member in kept):
            kept = [member for member in kept if member != dict[str, Any]]
        return Union[tuple(kept)]

    def typed_dict(self, original: type) -> Any:
        if original not in self.rebuilt:
            # Two modules of an SDK may use one name for two types.
            name = f"{original.__name__}_{len(self.rebuilt)}"
            # Entered before the fields are read: a field may contain the type itself.
            self.rebuilt[original] = typing.ForwardRef(name)
            hints = typing_extensions.get_type_hints(original, include_extras=True)
            fields = {}
            for field, annotation in hints.items():
                needed = Required if is_required(original, field, annotation) else NotRequired
                try:
                    fields[field] = needed[self.rebuild(annotation)]
                except Unrepresentable:
                    continue
            strict = typing_extensions.TypedDict(name, fields)
            permitted = getattr(original, "__pydantic_config__", {}).get("extra", "forbid")
            strict.__pydantic_config__ = pydantic.ConfigDict(extra=permitted, strict=True)
            self.names[name] = strict
        return self.rebuilt[original]


class Checker:
    """Checks JSON values against one type of an SDK."""

    def __init__(self, annotation: Any) -> None:
        rebuilder = Rebuilder()
        rebuilt = rebuilder.rebuild(annotation)
        for strict in rebuilder.names.values():
            strict.__annotations__ = {
                field: resolved(hint, rebuilder.names) for field, hint in strict.__annotations__.items()
            }
        self.adapter = pydantic.TypeAdapter(resolved(rebuilt, rebuilder.names))

    def complaints(self, value: Any) -> list[str]:
        """Why the value is not of the type, one line for each place; empty if it is."""
        try:
            self.adapter.validate_python(value)
        except pydantic.ValidationError as error:
            return complaints.of(error, value)
        return []


def is_required(original: type, field: str, annotation: Any) -> bool:
    """Whether the field is required. `__required_keys__` alone does not say so where a module postpones the evaluation
    of its annotations, as both SDKs do."""
    origin = typing.get_origin(annotation)
    return origin is Required or (origin is not NotRequired and field in original.__required_keys__)


def resolved(hint: Any, names: dict[str, Any]) -> Any:
    """The type with its references by name replaced by the types."""
    if isinstance(hint, typing.ForwardRef):
        return names[hint.__forward_arg__]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if not args or origin in (Literal, typing_extensions.Literal):
        return hint
    args = tuple(resolved(arg, names) for arg in args)
    if origin in UNIONS:
        return Union[args]
    return origin[args if len(args) > 1 else args[0]]
