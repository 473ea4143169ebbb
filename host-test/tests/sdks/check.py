"""Checks the component with software that this project did not write: see `scripts/test-sdks`."""

from __future__ import annotations

import argparse
import importlib.metadata
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bodies
import conversations
import mock_servers
import recordings
import sdk_streams
import self_test
import vendors
from component import Component
from recorder import Recorder
from report import Report, Result

PARTS = ("self-test", "bodies", "conversations", "streams", "recordings", "aimock", "llmock")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host-test", type=Path, required=True, help="the harness")
    parser.add_argument("--plugin", type=Path, required=True, help="the folder of the plugin")
    parser.add_argument("--aimock", type=Path, help="the folder in which npm installed @copilotkit/aimock")
    parser.add_argument("--node", default="node", help="Node for aimock")
    parser.add_argument("--llmock", type=Path, help="the program llmock")
    parser.add_argument("--skipped", action="append", default=[], metavar="PART=REASON", help="a part that cannot run")
    parser.add_argument("--part", action="append", choices=PARTS, help="run this part only; can be repeated")
    parser.add_argument("--route", action="append", choices=mock_servers.ROUTES, help="check this route only")
    parser.add_argument("--only", default="", metavar="TEXT", help="run checks with this text in 'ROUTE: NAME'")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--verbose", action="store_true", help="list what passed as well")
    return parser.parse_args()


class Run:
    """All parts of the test."""

    def __init__(self, args: argparse.Namespace, folder: Path) -> None:
        self.args, self.folder = args, folder
        self.component = Component(args.host_test, args.plugin)
        self.recorder = Recorder()
        self.vendors = vendors.all_vendors(self.recorder)
        self.judge = bodies.Judge(self.component, self.recorder, self.vendors)

    def part(self, name: str) -> Iterator[Result]:
        match name:
            case "self-test":
                yield from self_test.run(self.vendors)
                yield from self_test.of_readers(self.recorder)
            case "bodies":
                yield from bodies.run(self.judge, self.wanted)
            case "conversations":
                yield from conversations.run(self.judge, self.wanted)
            case "streams":
                yield from sdk_streams.from_recorder(self.component, self.recorder, self.wanted)
                stand_in = sdk_streams.StandIn(self.args.host_test)
                try:
                    yield from sdk_streams.from_stand_in(self.component, stand_in, self.wanted)
                finally:
                    stand_in.close()
            case "recordings":
                yield from recordings.run(self.judge, self.wanted)
            case "aimock":
                yield from self.aimock()
            case "llmock":
                yield from self.llmock()

    def wanted(self, route: str, name: str) -> bool:
        """Whether the options select this check."""
        return (not self.args.route or route in self.args.route) and self.args.only in f"{route}: {name}"

    def aimock(self) -> Iterator[Result]:
        server = mock_servers.Aimock(self.args.node, self.args.aimock, self.folder / "aimock.log")
        try:
            yield from mock_servers.with_aimock(self.component, server, self.wanted)
        finally:
            server.close()

    def llmock(self) -> Iterator[Result]:
        server = mock_servers.Llmock(self.args.llmock, free_port(), self.folder / "llmock.log")
        try:
            yield from mock_servers.with_llmock(self.component, server, self.wanted)
        finally:
            server.close()

    def close(self) -> None:
        self.recorder.close()


def free_port() -> int:
    """llmock cannot choose a port itself."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def main() -> int:
    args = arguments()
    report = Report(args.verbose)
    reasons = dict(entry.split("=", 1) for entry in args.skipped)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(args, Path(folder))
        for part in PARTS:
            if args.part and part not in args.part:
                continue
            if part in reasons:
                report.add(Result.skipped(part, "all", "all", reasons[part]))
                continue
            print(f"test-sdks: {part}", file=sys.stderr, flush=True)
            for result in run.part(part):
                report.add(result)
        if not args.part or {"bodies", "conversations"} & set(args.part):
            report.notes += [note for vendor in run.vendors for note in vendor.notes()]
        run.close()
    packages = ("openai", "anthropic", "google-genai", "pydantic")
    report.notes.append(", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages))
    print(report.json() if args.json else report.table())
    return 1 if report.has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
