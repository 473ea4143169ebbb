"""Measures a client of the latency server in Python. The report has the same fields as that of the crate `meter`.

The text of each chunk that the server sends begins with the time at which it was sent: CLOCK_MONOTONIC in
nanoseconds, as 16 hexadecimal digits. A client is an async function that makes one request, and passes each text to the
sample as soon as its library delivers it. `main` makes the requests and prints one line of JSON.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import sys
import time

TIMESTAMP = re.compile(r"[0-9a-fA-F]{16}")


def now():
    """The time of the clock that the server writes into the chunks, in nanoseconds."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


class Sample:
    """The measurements of one response, or of several together. Times are in nanoseconds."""

    def __init__(self):
        self.first = []
        self.delays = []
        self.bytes = 0
        self.first_at = None
        self.begun = now()

    def text(self, text):
        # Many servers begin with an empty delta, which is not the first token.
        if not text:
            return
        time_ns = now()
        # Encoding copies the text, so texts of ASCII are counted without it.
        self.bytes += len(text) if text.isascii() else len(text.encode())
        if self.first_at is None:
            self.first_at = time_ns
            self.first.append(time_ns - self.begun)
        timestamp = TIMESTAMP.match(text)
        if timestamp:
            self.delays.append(max(0, time_ns - int(timestamp[0], 16)))

    def add(self, other):
        self.first += other.first
        self.delays += other.delays
        self.bytes += other.bytes
        self.first_at = min((at for at in (self.first_at, other.first_at) if at is not None), default=None)


class Round:
    """The combined measurements of several responses."""

    def __init__(self):
        self.sample = Sample()
        self.requests = 0
        self.wall_s = self.user_s = self.sys_s = 0.0
        self.failed = 0
        self.error = None

    def add(self, other):
        self.sample.add(other.sample)
        self.requests += other.requests
        self.wall_s += other.wall_s
        self.user_s += other.user_s
        self.sys_s += other.sys_s
        self.failed += other.failed
        self.error = self.error or other.error

    def phase(self):
        """The figures of these responses, with the names that the crate `meter` uses."""
        delays = sorted(self.sample.delays)
        return {
            "requests": self.requests,
            "chunks": len(delays),
            "bytes": self.sample.bytes,
            "wall_s": self.wall_s,
            "ttft_us": percentile(sorted(self.sample.first), 50),
            "p50_us": percentile(delays, 50),
            "p90_us": percentile(delays, 90),
            "p99_us": percentile(delays, 99),
            "max_us": percentile(delays, 100),
            "cpu_user_s": self.user_s,
            "cpu_sys_s": self.sys_s,
        }


def percentile(nanoseconds, percent):
    """The percentile of sorted nanoseconds by the nearest rank, in microseconds; None without values."""
    rank = max(1, -(-len(nanoseconds) * percent // 100))
    return nanoseconds[rank - 1] / 1000 if nanoseconds else None


async def deliver(chunks, sample):
    """Records the texts of a stream of chunks. Both libraries deliver chunks in the form of OpenAI's."""
    finished = False
    async for chunk in chunks:
        for choice in chunk.choices:
            delta = choice.delta
            finished = finished or choice.finish_reason is not None
            # The types of openai lack this field, but the library keeps unknown fields.
            sample.text(getattr(delta, "reasoning_content", None))
            sample.text(delta.content)
            for call in delta.tool_calls or ():
                sample.text(call.function and call.function.arguments)
    if not finished:
        raise RuntimeError("the stream ended without a finish reason")


async def run_round(exchange, shares):
    """Lets each lane make its share of the requests one after the other. All lanes run at the same time."""
    result = Round()
    before, began = resource.getrusage(resource.RUSAGE_SELF), now()

    async def lane(share):
        for _ in range(share):
            sample = Sample()
            try:
                await exchange(sample)
            except Exception as why:
                result.failed += 1
                result.error = result.error or f"{type(why).__name__}: {why}"
            result.sample.add(sample)

    await asyncio.gather(*(lane(share) for share in shares))
    # The processor time is that of the whole process, so it is measured for the round and not for each response.
    after = resource.getrusage(resource.RUSAGE_SELF)
    result.requests = sum(shares)
    result.wall_s = (now() - began) / 1e9
    result.user_s = after.ru_utime - before.ru_utime
    result.sys_s = after.ru_stime - before.ru_stime
    return result


async def report(name, requests, lanes, exchange):
    """The figures of all responses, of the first one of each lane (over a new connection), and of the later ones."""

    def shares(count):
        return [count // lanes + (lane < count % lanes) for lane in range(lanes)]

    cold = await run_round(exchange, shares(min(requests, lanes)))
    warm = await run_round(exchange, shares(requests - lanes)) if requests > lanes else None
    everything = Round()
    for part in (cold, warm):
        if part:
            everything.add(part)
    started, first = os.environ.get("METER_STARTED_NS"), cold.sample.first_at
    return {
        "client": name,
        **everything.phase(),
        "start_us": max(0, first - int(started)) / 1000 if started and first else None,
        "cold": cold.phase(),
        "warm": warm.phase() if warm else None,
        "maxrss_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "failed": everything.failed,
        "error": everything.error,
    }


def positive(text):
    """A whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def main(name, connect):
    """Parses the arguments, measures, and prints. `connect(base_url, key, model)` returns the client's function."""
    parser = argparse.ArgumentParser(description=name)
    parser.add_argument("--base-url", required=True, help="such as http://127.0.0.1:8080/v1")
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("-r", "--requests", type=positive, default=1)
    parser.add_argument("-c", "--concurrency", type=positive, default=1)
    args = parser.parse_args()
    key = os.environ.get("COMETAPI_KEY") or "sk-measure"

    async def measure():
        exchange = connect(args.base_url, key, args.model)
        return await report(name, args.requests, min(args.concurrency, args.requests), exchange)

    result = asyncio.run(measure())
    print(json.dumps(result, ensure_ascii=False))
    if result["error"]:
        sys.exit(f"Error: {result['error']}")
