"""Mock servers of other projects: their authors read the same documentation and did not read this component.

aimock runs in Node and plays fixtures. llmock runs in Python, breaks responses on request, and judges from its journal
whether the client waited and retried as a client should.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cases
from component import Component, Outcome
from report import Result, Wanted

ROUTES = ("chat-completions", "responses", "messages", "gemini")
KEY = "sk-mock"
LONGEST_START_S = 60
WEATHER = [("get_weather", {"city": "Paris", "days": 2}), ("get_weather", {"city": "Rome", "days": None})]


class Server:
    """A mock server, as a process. `base_url` is what the component gets for a route."""

    def __init__(self, command: list[str], ready: str, log: Path) -> None:
        self.log = log
        with log.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        self.url = self.address(re.compile(ready))

    def address(self, ready: re.Pattern[str]) -> str:
        """The address that the server prints once it listens."""
        until = time.monotonic() + LONGEST_START_S
        while time.monotonic() < until and self.process.poll() is None:
            if found := ready.search(self.log.read_text(encoding="utf-8", errors="replace")):
                return found[1]
            time.sleep(0.1)
        self.close()
        raise RuntimeError(f"{self.process.args} did not start; see {self.log}")

    def base_url(self, route: str) -> str:
        return f"{self.url}/v1"

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Aimock(Server):
    """npm `@copilotkit/aimock`."""

    def __init__(self, node: str, folder: Path, log: Path) -> None:
        program = folder / "node_modules/@copilotkit/aimock/dist/cli.js"
        fixtures = Path(__file__).with_name("aimock.json")
        super().__init__([node, str(program), "-p", "0", "-f", str(fixtures)], r"listening on (http://\S+)", log)


class Llmock(Server):
    """PyPI `llmock`."""

    PREFIXES = {"messages": "/anthropic", "gemini": "/gemini"}

    def __init__(self, program: Path, port: int, log: Path) -> None:
        super().__init__([str(program), "serve", "--port", str(port)], r"Listening +(http://[\d.:]+)", log)
        self.wait_until_it_serves()

    def wait_until_it_serves(self) -> None:
        """It prints its address before it listens."""
        until = time.monotonic() + LONGEST_START_S
        while True:
            try:
                return self.call("GET", "/health")
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def base_url(self, route: str) -> str:
        return f"{self.url}{self.PREFIXES.get(route, '')}/v1"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        content = json.dumps(body).encode() if body is not None else None
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.url + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read())

    def behave(self, *behaviors: dict[str, Any]) -> None:
        self.call("POST", "/_llmock/reset")
        self.call("POST", "/_llmock/scenario", {"behaviors": list(behaviors)})

    def findings(self) -> list[str]:
        """What the server holds against the client."""
        verdict = self.call("GET", "/_llmock/verdict")
        pending = self.call("GET", "/_llmock/scenario")["pending"]
        lines = [f"{finding['severity']}: {finding['title']}" for finding in verdict["findings"]]
        return lines + [f"{entry} was not played" for entry in pending]


class Client:
    """The component, on one route of a mock server."""

    def __init__(self, component: Component, server: Server, route: str) -> None:
        self.component, self.server, self.route = component, server, route

    def chat(self, *messages: Any, **fields: Any) -> Outcome:
        request = {"model": cases.MODELS[self.route][0], "messages": list(messages), "route": self.route, **fields}
        return self.component.chat(request, self.server.base_url(self.route), KEY)


def expect(outcome: Outcome, **expected: Any) -> list[str]:
    """Where the outcome is not as expected. An error has to be expected by its kind."""
    kind = outcome.error.get("kind") if isinstance(outcome.error, dict) else outcome.error
    actual = {**vars(outcome), "error": kind}
    expected = {"error": None, **expected}
    return [
        f"{name}: expected {wanted!r}, and got {actual[name]!r}"
        for name, wanted in expected.items()
        if actual[name] != wanted
    ]


def aimock_greeting(client: Client) -> list[str]:
    outcome = client.chat(cases.SYSTEM, cases.user("a greeting"))
    return expect(outcome, text="Grüße aus Köln 🎉, and goodbye.", finish="stop", route=client.route)


def aimock_thinking(client: Client) -> list[str]:
    outcome = client.chat(cases.user("some thinking"), reasoning={"effort": "high", "include-text": True})
    return expect(outcome, text="Blue light is scattered.", reasoning="Short waves scatter more.", finish="stop")


def aimock_tools(client: Client) -> list[str]:
    question = cases.user("the weather")
    first = client.chat(question, tools=[cases.TOOL])
    # aimock invents a reason for Google's route, which has none for calls: FUNCTION_CALL.
    failures = expect(first, text="Let me look.", calls=WEATHER, finish="tool-calls")
    calls = [part for part in first.parts if part["part"] == "tool-call"]
    results = cases.results(*(cases.result(call["id"], "sunny") for call in calls))
    second = client.chat(question, first.message, results, tools=[cases.TOOL])
    return failures + expect(second, text="It is sunny in Paris.", calls=[], finish="stop")


def aimock_rate_limit(client: Client) -> list[str]:
    return expect(client.chat(cases.user("too fast")), error="rate-limited", text="")


def aimock_refusal(client: Client) -> list[str]:
    return expect(client.chat(cases.user("wrong")), error="invalid-request", text="")


AIMOCK: dict[str, Callable[[Client], list[str]]] = {
    "text": aimock_greeting,
    "thinking": aimock_thinking,
    "calls and their results": aimock_tools,
    "a rate limit": aimock_rate_limit,
    "an invalid request": aimock_refusal,
}


def llmock_reply(client: Client, llmock: Llmock) -> list[str]:
    llmock.behave({"type": "reply", "text": "Grüße aus Köln 🎉, and goodbye."})
    outcome = client.chat(cases.SYSTEM, cases.HELLO)
    return expect(outcome, text="Grüße aus Köln 🎉, and goodbye.", finish="stop") + llmock.findings()


def llmock_tools(client: Client, llmock: Llmock) -> list[str]:
    calls = [{"name": name, "arguments": arguments} for name, arguments in WEATHER]
    llmock.behave({"type": "reply", "tool_calls": calls})
    question = cases.user("Weather?")
    first = client.chat(question, tools=[cases.TOOL])
    failures = expect(first, calls=WEATHER, finish="tool-calls")
    ids = [part["id"] for part in first.parts if part["part"] == "tool-call"]
    results = cases.results(*(cases.result(call_id, "sunny") for call_id in ids))
    second = client.chat(question, first.message, results, tools=[cases.TOOL])
    # The server responds with text once it finds the results.
    return failures + expect(second, calls=[], finish="stop") + llmock.findings()


def llmock_waits(client: Client, llmock: Llmock) -> list[str]:
    llmock.behave({"type": "fail", "status": 429, "retry_after": 1, "times": 2})
    return expect(client.chat(cases.HELLO), finish="stop") + llmock.findings()


def llmock_backs_off(client: Client, llmock: Llmock) -> list[str]:
    llmock.behave({"type": "fail", "status": 503, "times": 2})
    return expect(client.chat(cases.HELLO), finish="stop") + llmock.findings()


def llmock_gives_up(client: Client, llmock: Llmock) -> list[str]:
    llmock.behave({"type": "fail", "status": 400})
    return expect(client.chat(cases.HELLO), error="invalid-request") + llmock.findings()


# A text of several chunks, and a fault after three of them.
LONG = {"type": "reply", "text": "one two three four five six seven eight nine ten"}


def broken(kind: str, error: str) -> Callable[[Client, Llmock], list[str]]:
    """A stream that breaks. The server's verdict is not used: it wants a retry, and the component never sends a request
    again after it has handed out an event."""

    def check(client: Client, llmock: Llmock) -> list[str]:
        llmock.behave(LONG, {"type": "stream_fault", "kind": kind, "after_chunks": 3, "times": None})
        outcome = client.chat(cases.HELLO)
        too_much = [f"more is handed out than was sent: {outcome.text!r}"] if "four" in outcome.text else []
        return expect(outcome, error=error, finish=None) + too_much

    return check


def llmock_malformed_chunk(client: Client, llmock: Llmock) -> list[str]:
    llmock.behave(LONG, {"type": "stream_fault", "kind": "malformed", "after_chunks": 3, "times": None})
    outcome = client.chat(cases.HELLO)
    # The rest of the response is handed out, with a warning of the lost line.
    if outcome.error is None and not any("not JSON" in warning for warning in outcome.warnings):
        return [f"a chunk is lost without an error or a warning: {outcome}"]
    return []


def llmock_malformed_call(client: Client, llmock: Llmock) -> list[str]:
    llmock.behave({"type": "tool_fault", "kind": "malformed_arguments"})
    outcome = client.chat(cases.user("Weather in Paris?"), tools=[cases.TOOL])
    failures = expect(outcome, finish="tool-calls")
    # Google's route and the input of Messages have no place for arguments that are not JSON on the wire.
    if any(isinstance(arguments, str) for _, arguments in outcome.calls) or client.route == "gemini":
        return failures
    return [*failures, f"malformed arguments are handed out as {outcome.calls}"]


LLMOCK: dict[str, Callable[[Client, Llmock], list[str]]] = {
    "text": llmock_reply,
    "calls and their results": llmock_tools,
    "malformed arguments": llmock_malformed_call,
    "waits for Retry-After": llmock_waits,
    "backs off when overloaded": llmock_backs_off,
    "does not repeat an invalid request": llmock_gives_up,
    "a truncated stream": broken("truncate", "incomplete-stream"),
    "a broken connection": broken("disconnect", "network"),
    "a chunk that is not JSON": llmock_malformed_chunk,
}


def with_aimock(component: Component, server: Aimock, wanted: Wanted) -> Iterator[Result]:
    for route in ROUTES:
        for name, check in AIMOCK.items():
            if wanted(route, name):
                yield Result.of("aimock", route, name, check(Client(component, server, route)))


def with_llmock(component: Component, server: Llmock, wanted: Wanted) -> Iterator[Result]:
    for route in ROUTES:
        for name, check in LLMOCK.items():
            if wanted(route, name):
                yield Result.of("llmock", route, name, check(Client(component, server, route), server))
