"""The example in Python of a program that is told of events, run as doorsign runs it: with an event on standard input, in its folder, and
with nothing of the environment."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "plugins/exec/examples/away.py"
TEXT = 'Mittag "⏰"'


@pytest.fixture
def told(tmp_path):
    """Tells a copy of the example of an event, and gives its exit code and what it printed."""
    shutil.copy(EXAMPLE, tmp_path)

    def told(**event):
        line = json.dumps({"version": 1, "id": 1, **event}) + "\n"
        command = [sys.executable, "-B", EXAMPLE.name]
        ended = subprocess.run(command, input=line, cwd=tmp_path, env={}, capture_output=True, encoding="utf-8", timeout=20)
        return ended.returncode, ended.stdout

    return told


def change(user, status):
    return {"user": {"_id": user, "username": user}, "status": status, "statusText": TEXT}


def test_the_list_has_those_who_are_away(told, tmp_path):
    for user, status, count in [("ann", "away", 1), ("bob", "busy", 2), ("bob", "busy", 2), ("ann", "online", 1)]:
        assert told(type="presence.changed", data=change(user, status)) == (0, f"{count} away\n")
    assert json.loads((tmp_path / "away.json").read_text(encoding="utf-8")) == {"bob": TEXT}


def test_other_kinds_of_events_are_taken_and_change_nothing(told, tmp_path):
    assert told(type="custom_user_status.created", data={"name": "Lunch"}) == (0, "")
    assert not (tmp_path / "away.json").exists()


def test_what_cannot_be_written_now_is_asked_for_again(told, tmp_path):
    (tmp_path / "away.json.new").mkdir()
    code, printed = told(type="presence.changed", data=change("ann", "away"))
    assert code == 75
    assert "away.json.new" in printed
