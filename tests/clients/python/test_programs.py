"""The Python example of an exec hook, run as doorsign runs it: with an event on standard input, in its folder, and with
an empty environment."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "plugins/exec/examples/away.py"
TEXT = 'Mittag "⏰"'


@pytest.fixture
def deliver(tmp_path):
    """Delivers an event to a copy of the example, and returns its exit code and output."""
    shutil.copy(EXAMPLE, tmp_path)

    def deliver(**event):
        line = json.dumps({"version": 1, "id": 1, **event}) + "\n"
        command = [sys.executable, "-B", EXAMPLE.name]
        ended = subprocess.run(command, input=line, cwd=tmp_path, env={}, capture_output=True, encoding="utf-8", timeout=20)
        return ended.returncode, ended.stdout

    return deliver


def change(user, status):
    return {"user": {"_id": user, "username": user}, "status": status, "statusText": TEXT}


def test_the_list_contains_the_users_who_are_away(deliver, tmp_path):
    for user, status, count in [("ann", "away", 1), ("bob", "busy", 2), ("bob", "busy", 2), ("ann", "online", 1)]:
        assert deliver(type="presence.changed", data=change(user, status)) == (0, f"{count} away\n")
    assert json.loads((tmp_path / "away.json").read_text(encoding="utf-8")) == {"bob": TEXT}


def test_other_event_types_are_accepted_and_change_nothing(deliver, tmp_path):
    assert deliver(type="custom_user_status.created", data={"name": "Lunch"}) == (0, "")
    assert not (tmp_path / "away.json").exists()


def test_a_failed_write_requests_a_retry(deliver, tmp_path):
    (tmp_path / "away.json.new").mkdir()
    code, printed = deliver(type="presence.changed", data=change("ann", "away"))
    assert code == 75
    assert "away.json.new" in printed
