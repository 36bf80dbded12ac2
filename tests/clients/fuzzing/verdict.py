"""Adds up what was answered: prints it, and fails on too few requests and on routes that nothing got through to. Sends nothing."""

import collections
import json
import sys

# What shows that a request got through. A live connection is none that the generator could have: it is told how to ask for one.
ACCEPTED = {"GET /websocket": "426"}


def added_up(files):
    """Route, then status, then how often."""
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
