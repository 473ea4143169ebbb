"""The results, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

# Whether a check is to run, by its route and its name.
Wanted = Callable[[str, str], bool]

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass
class Result:
    """One check."""

    part: str
    route: str
    name: str
    outcome: str
    # Failures, or the reason of a skip.
    details: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, part: str, route: str, name: str, failures: Iterable[str]) -> Result:
        """Passed if there are no failures."""
        details = list(failures)
        return cls(part, route, name, FAILED if details else PASSED, details)

    @classmethod
    def skipped(cls, part: str, route: str, name: str, reason: str) -> Result:
        return cls(part, route, name, SKIPPED, [reason])


class Report:
    """Collects results and prints them."""

    def __init__(self, verbose: bool) -> None:
        self.results: list[Result] = []
        self.notes: list[str] = []
        self.verbose = verbose

    def add(self, result: Result) -> None:
        self.results.append(result)

    @property
    def has_failed(self) -> bool:
        return any(result.outcome == FAILED for result in self.results)

    def table(self) -> str:
        rows: dict[tuple[str, str], dict[str, int]] = {}
        for result in self.results:
            counts = rows.setdefault((result.part, result.route), {PASSED: 0, FAILED: 0, SKIPPED: 0})
            counts[result.outcome] += 1
        lines = [f"{'part':<24}{'route':<20}{PASSED:>8}{FAILED:>8}{SKIPPED:>9}"]
        for (part, route), counts in rows.items():
            lines.append(f"{part:<24}{route:<20}{counts[PASSED]:>8}{counts[FAILED]:>8}{counts[SKIPPED]:>9}")
        for outcome in (SKIPPED, FAILED):
            for result in self.results:
                if result.outcome == outcome:
                    lines.append(f"\n{outcome}: {result.part}, {result.route}: {result.name}")
                    lines += [f"    {line}" for line in result.details]
        if self.verbose:
            lines += ["", *(f"{r.outcome}: {r.part}, {r.route}: {r.name}" for r in self.results if r.outcome == PASSED)]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines)

    def json(self) -> str:
        return json.dumps({"results": [asdict(result) for result in self.results], "notes": self.notes}, indent=1)
