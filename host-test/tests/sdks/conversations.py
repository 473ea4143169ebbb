"""Conversations of several turns, in which each request contains the responses before it with their replays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cases
import streams
from bodies import Judge
from report import Result, Wanted

# Signatures and encrypted content are base64 on all routes; each of these is found again in the body that must have it.
PROOFS = ["cHJvb2Ygb25l", "cHJvb2YgdHdv", "cHJvb2YgdGhyZWU="]
WEATHER = ("get_weather", {"city": "Paris", "days": 2})
TIME = ("get_time", {})


def agent_turns() -> list[streams.Turn]:
    """Thinking, then parallel calls; thinking, then another call; thinking, then text."""
    return [
        streams.Turn("I need two tools.", PROOFS[0], "Let me look.", [WEATHER, TIME], 1),
        streams.Turn("One more.", PROOFS[1], "", [WEATHER], 2),
        streams.Turn("Now I know.", PROOFS[2], "It is sunny.", [], 3),
    ]


def request(route: str, messages: list[Any]) -> dict[str, Any]:
    tools = [cases.TOOL, cases.NO_PARAMETERS]
    reasoning = {"effort": "high", "include-text": True}
    return {"model": cases.MODELS[route][0], "messages": messages, "tools": tools, "reasoning": reasoning}


def results_of(outcome: Any) -> list[dict[str, Any]]:
    calls = [part for part in outcome.parts if part["part"] == "tool-call"]
    parts = [
        {"part": "tool-result", "call-id": c["id"], "name": c["name"], "text": f"result of {c['id']}"} for c in calls
    ]
    return [{"role": "tool", "content": parts}] if parts else []


class Conversation:
    """Messages so far, and everything that was wrong with a request."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.messages: list[Any] = [cases.SYSTEM, cases.user("Weather in Paris?")]
        self.failures: list[str] = []
        self.warnings: list[str] = []

    def turn(self, route: str, turn: streams.Turn, name: str) -> None:
        outcome, failures = self.judge.send(route, request(route, self.messages), turn)
        self.failures += [f"{name}: {failure}" for failure in failures]
        self.warnings = outcome.warnings
        self.messages += [outcome.message, *results_of(outcome)]
        if outcome.finish == "stop":
            self.messages.append(cases.user("And tomorrow?"))

    def expect(self, text: str, present: bool, name: str) -> None:
        if (text in self.judge.last_body()) != present:
            self.failures.append(f"{name}: {text!r} is {'missing from' if present else 'in'} the body")


def run(judge: Judge, wanted: Wanted) -> Iterator[Result]:
    for route in judge.vendors:
        name = "an agent with thinking and tools"
        if wanted(route, name):
            yield Result.of("conversations", route, name, on_one_route(judge, route))
    for first in judge.vendors:
        for second in judge.vendors:
            name = f"switched from {first}"
            if first != second and wanted(second, name):
                yield Result.of("conversations", second, name, switched(judge, first, second))


def on_one_route(judge: Judge, route: str) -> list[str]:
    conversation = Conversation(judge)
    for number, turn in enumerate(agent_turns()):
        conversation.turn(route, turn, f"turn {number + 1}")
        for proof in PROOFS[:number] if has_proofs(route) else []:
            conversation.expect(proof, True, f"turn {number + 1}")
    conversation.turn(route, streams.Turn(text="Rain.", number=4), "turn 4")
    return conversation.failures


def switched(judge: Judge, first: str, second: str) -> list[str]:
    """Two turns on the first route, two on the second, and one on the first again."""
    turns = agent_turns()
    conversation = Conversation(judge)
    conversation.turn(first, turns[0], "turn 1")
    conversation.turn(first, turns[1], "turn 2")
    conversation.turn(second, turns[2], "the first turn after the switch")
    for proof in PROOFS[:2] if has_proofs(first) else []:
        # Another vendor cannot verify it, and may refuse the whole request over it.
        conversation.expect(proof, False, "the first turn after the switch")
    # Another warning is of calls without a signature, for which Google has a value.
    lost = [warning for warning in conversation.warnings if "thought signature" not in warning]
    if len(lost) != (1 if has_proofs(first) else 0):
        conversation.failures.append(f"expected one warning of lost reasoning, and got {conversation.warnings}")
    conversation.turn(second, streams.Turn(text="Rain.", number=4), "the second turn after the switch")
    conversation.turn(first, streams.Turn(text="Snow.", number=5), "back on the first route")
    for proof in PROOFS[:2] if has_proofs(first) else []:
        conversation.expect(proof, True, "back on the first route")
    return conversation.failures


def has_proofs(route: str) -> bool:
    """Whether the response of `streams` on this route has proofs of its reasoning."""
    return route != "chat-completions"
