#!/usr/bin/env python3
"""Keeps away.json, beside this file: the text of every user who is away or busy, by name."""

import json
import os
import sys

FILE = "away.json"


def main():
    event = json.load(sys.stdin)
    # Kinds that are of no interest, and those that are added later, are dealt with by doing nothing.
    if event["type"] != "presence.changed":
        return
    data = event["data"]
    away = read()
    # Events come in their order, and setting the same twice changes nothing, so nothing needs to be remembered.
    if data["status"] in ("away", "busy"):
        away[data["user"]["username"]] = data["statusText"]
    else:
        away.pop(data["user"]["username"], None)
    write(away)
    print(len(away), "away")


def read():
    try:
        with open(FILE, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def write(away):
    # Written whole and then renamed, since the program may be killed at any point.
    with open(FILE + ".new", "w", encoding="utf-8") as file:
        json.dump(away, file, sort_keys=True)
    os.replace(FILE + ".new", FILE)


try:
    main()
except OSError as error:
    print(error)
    sys.exit(75)  # A full disk, say: later it may do. Any other error ends with 1, and parks the event.
