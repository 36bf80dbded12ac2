"""Adds up and prints the responses. Fails on too few requests, and on routes that accepted no request."""

import collections
import json
import sys

# The status of an accepted request. The generator cannot open a WebSocket: it gets the response that an upgrade is required.
ACCEPTED = {"GET /websocket": "426", "GET /sockjs/{server}/{session}/websocket": "426"}


def added_up(files):
    """The number of responses by route and status."""
    answers = collections.defaultdict(collections.Counter)
    for name in files:
        with open(name, encoding="utf-8") as file:
            for route, counts in json.load(file).items():
                answers[route].update(counts)
    return answers


def main(least, *files):
    answers = added_up(files)
    for route, counts in sorted(answers.items()):
        print(f"{route:55}", *(f"{status}: {count}" for status, count in sorted(counts.items())))
    total = sum(sum(counts.values()) for counts in answers.values())
    closed = sorted(route for route, counts in answers.items() if ACCEPTED.get(route, "200") not in counts)
    print(f"{total} requests to {len(answers)} routes")
    if closed:
        print(f"never accepted: {', '.join(closed)}")
    return total < int(least) or bool(closed)


sys.exit(main(*sys.argv[1:]))
