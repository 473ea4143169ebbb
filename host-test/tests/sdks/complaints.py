"""Turns pydantic's errors into a few lines that name the place in a body.

For a value that fits no member of a union, pydantic reports the errors of every member: hundreds for one wrong field of
one content part. The fields `type` and `role` say which member was meant, so only its errors are kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pydantic

# The fields that select a member of a union, in all three SDKs.
TAGS = ("type", "role")
# The first errors name the mistake. A list that is wrong throughout has hundreds.
MOST_COMPLAINTS = 5
LONGEST_VALUE = 80


def of(error: pydantic.ValidationError, value: Any) -> list[str]:
    """One line for each place: where, what pydantic says, and the value there."""
    root = Node()
    for entry in error.errors(include_url=False):
        root.add(entry["loc"], entry, value)
    lines = list(dict.fromkeys(root.lines("", value)))
    rest = len(lines) - MOST_COMPLAINTS
    return lines[:MOST_COMPLAINTS] + ([f"and {rest} more"] if rest > 0 else [])


@dataclass
class Node:
    """The errors at one place in the body."""

    messages: list[tuple[str, str]] = field(default_factory=list)
    # By key or index.
    inside: dict[str | int, Node] = field(default_factory=dict)
    # By member of the union that the schema has here.
    members: dict[str, Node] = field(default_factory=dict)

    def add(self, place: tuple[str | int, ...], entry: dict[str, Any], value: Any) -> None:
        if not place:
            self.messages.append((entry["type"], entry["msg"]))
            return
        first, rest = place[0], place[1:]
        # pydantic's place has the names of union members between the keys; only the value shows which is which. The
        # last name of a missing field is a key that the value does not have.
        if isinstance(value, dict) and (first in value or (not rest and entry["type"] == "missing")):
            self.inside.setdefault(first, Node()).add(rest, entry, value.get(first))
        elif isinstance(value, list) and isinstance(first, int) and first < len(value):
            self.inside.setdefault(first, Node()).add(rest, entry, value[first])
        else:
            self.members.setdefault(str(first), Node()).add(rest, entry, value)

    def distance(self) -> tuple[int, int]:
        """How far the value is from this member: wrong tags or a wrong kind of value first, then all errors."""
        wrong_tags = sum(tag in self.inside for tag in TAGS) + len(self.messages)
        if self.members:
            nearest = min(member.distance() for member in self.members.values())
            return wrong_tags + nearest[0], nearest[1]
        return wrong_tags, self.count()

    def count(self) -> int:
        return len(self.messages) + sum(node.count() for node in (*self.inside.values(), *self.members.values()))

    def lines(self, place: str, value: Any) -> list[str]:
        lines = [f"{place or 'body'}: {message}{shown(kind, value)}" for kind, message in self.messages]
        for key, node in self.inside.items():
            inner = f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}".lstrip(".")
            here = value.get(key) if isinstance(value, dict) else value[key]
            lines += node.lines(inner, here)
        if self.members:
            nearest = min(self.members.values(), key=Node.distance)
            tags = {tag: value[tag] for tag in TAGS if tag in value} if isinstance(value, dict) else {}
            if nearest.distance()[0] > 0 and tags and len(self.members) > 1:
                lines.append(f"{place or 'body'}: the SDK has no such type here: {json.dumps(tags)}")
            else:
                lines += nearest.lines(place, value)
        return lines


def shown(kind: str, value: Any) -> str:
    """The value, where the message alone does not show it."""
    if kind == "missing":
        return ""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return f": {text}" if len(text) <= LONGEST_VALUE else f": {text[:LONGEST_VALUE]}…"
