"""Tests for `zimerr scan`."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from bot.cli.main import commands
from tests.triage.feed import CATALOGUE

LOG = """\
2026-11-23 07:35:45.740 I/ZIM: login 6000121 bytes sent
2026-11-23 07:35:46.000 E/ZIM: renewToken failed, error code: 6000106
2026-11-23 07:35:46.500 E/ZIM: sendMessage failed, error code: 6000121, mail ann@example.com
2026-11-23 07:35:47.500 E/ZIM: sendMessage failed, error code: 6000121
2026-11-23 07:35:48.500 E/ZIM: something failed, error code: 6009999
"""


def run(*arguments: str, given: bytes | None = None) -> Result:
    """Run `zimerr scan` with *arguments*, and *given* on standard input."""
    return CliRunner().invoke(commands, ["scan", "--lang", "en", *arguments], input=given)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Write a log in which the token expires and calls that need a login fail."""
    path = tmp_path / "app.log"
    path.write_text(LOG)
    return path


def test_json_has_the_public_keys(log: Path) -> None:
    """Scripts read these keys; adding or removing one is a deliberate change."""
    answer: dict[str, Any] = json.loads(run("--json", str(log)).stdout)
    seconds = answer.pop("seconds")

    assert seconds >= 0
    assert answer == {
        "lines": 5,
        "bytes": len(LOG),
        "cause": 6000106,
        "cause_event": None,
        "family": None,
        "explained": 3,
        "share": 0.75,
        "advice": None,
        "affected": {"count": 0, "is_partial": True},
        "rivals": [],
        "codes": [
            row(6000106, 1, (2, 2), ("07:35:46.000", "07:35:46.000"), "cause") | entry(6000106),
            row(6000121, 2, (3, 4), ("07:35:46.500", "07:35:47.500"), "follower", follows=6000106) | entry(6000121),
        ],
        "unknown": [row(6009999, 1, (5, 5), ("07:35:48.500", "07:35:48.500"), "unrelated")],
        "events": [],
        "files": [
            {
                "name": str(log),
                "lines": 5,
                "bytes": len(LOG),
                "encoding": "utf-8",
                "cut": None,
                "skipped_bytes": 0,
            }
        ],
        "refused": [],
        "lookalikes": 1,
        "secrets_hidden": 1,
        "truncated": False,
    }


def row(
    code: int, count: int, lines: tuple[int, int], times: tuple[str, str], role: str, *, follows: int | None = None
) -> dict[str, Any]:
    """Return a row as in the JSON."""
    return {
        "code": code,
        "count": count,
        "role": role,
        "users": 0,
        "explained": 0 if role == "unrelated" else count,
        "follows": follows,
        "follows_event": None,
        "server_codes": [],
        "first_line": lines[0],
        "last_line": lines[1],
        "first_time": f"2026-11-23 {times[0]}",
        "last_time": f"2026-11-23 {times[1]}",
    }


def entry(code: int) -> dict[str, Any]:
    """Return the texts of a code as in the JSON."""
    found = CATALOGUE.get(code)
    assert found is not None
    return {"title": found.title.en, "actor": str(found.actor), "remedy": list(found.remedy.en)}


def test_json_names_the_event_that_is_the_cause(tmp_path: Path) -> None:
    """Dashboards group incidents by cause; `cause` is then the code that the event makes follow."""
    path = tmp_path / "app.log"
    kick = "11-22 10:00:05.000  4127  4180 I ZIM     : onConnectionStateChanged state=DISCONNECTED event=KICKED_OUT\n"
    call = "11-22 10:00:0{}.000  4127  4180 E ZIM     : sendMessage failed, errorCode: 6000121 user=u{}\n"
    path.write_text(kick + "".join(call.format(second, second % 2) for second in range(6, 10)))
    answer = json.loads(run("--json", str(path)).stdout)

    assert (answer["cause"], answer["cause_event"], answer["share"]) == (6000121, "KICKED_OUT", 1.0)
    (event,) = answer["events"]
    assert (event["name"], event["count"], event["first_line"], event["last_line"]) == ("KICKED_OUT", 1, 1, 1)
    (code,) = answer["codes"]
    assert (code["follows"], code["follows_event"], code["users"]) == (None, "KICKED_OUT", 2)
    assert "logged in on another device" in answer["advice"]["title"]
    assert answer["affected"] == {"count": 2, "is_partial": True}


def test_json_names_what_a_symptom_follows_from(tmp_path: Path) -> None:
    """UIKit's own words have no code; a dashboard must not count them as another cause."""
    path = tmp_path / "app.log"
    path.write_text(
        "11-22 10:00:05.000  4127  4180 E ZIM     : login failed, errorCode: 6000014 user=u1\n"
        "11-22 10:00:06.000  4127  4180 E ZEGOUIKIT: call invitation failed, signaling is not connected\n"
    )
    (event,) = json.loads(run("--json", str(path)).stdout)["events"]
    assert (event["name"], event["count"], event["explained"]) == ("SIGNALING_NOT_CONNECTED", 1, 1)
    assert (event["follows"], event["follows_event"]) == (6000014, None)


def test_the_report_is_for_people(log: Path) -> None:
    """The cause comes first, and no address is shown."""
    answer = run(str(log))

    assert answer.exit_code == 0
    assert "Token expired" in answer.stdout.splitlines()[0]
    assert "ann@example.com" not in answer.stdout
    assert answer.stderr == ""


def test_the_report_fits_the_terminal(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table whose rows are broken can't be read; into a pipe it goes whole."""
    log.write_text(LOG + "2026-11-23 07:35:49.000 E/ZIM: failed, error code: 6000354\n")
    assert "  Too many user attribute changes in the room\n" in run(str(log)).stdout
    monkeypatch.setenv("COLUMNS", "60")
    shown = run(str(log)).stdout
    (row,) = (line for line in shown.splitlines() if line.startswith("  6000354  "))
    assert row.endswith("  Too many user…")
    assert all(cell_len(line) <= 60 for line in shown.splitlines() if " | " not in line and "/" not in line)


@pytest.mark.parametrize(
    "packed", [LOG.encode(), gzip.compress(LOG.encode()), LOG.encode("utf-16")], ids=["plain", "gzip", "utf-16"]
)
def test_standard_input_is_a_file_too(packed: bytes) -> None:
    """People run `kubectl logs | zimerr scan -`."""
    assert json.loads(run("--json", "-", given=packed).stdout)["cause"] == 6000106


def test_several_files_are_one_triage(log: Path, tmp_path: Path) -> None:
    """The cause may be in another file than its followers."""
    other = tmp_path / "other.log"
    other.write_text("2026-11-23 07:35:49.000 error code: 6000121\n")
    codes = json.loads(run("--json", str(log), str(other), str(log)).stdout)["codes"]

    assert [(each["code"], each["count"]) for each in codes] == [(6000106, 1), (6000121, 3)]
    assert (codes[1]["first_file"], codes[1]["last_file"]) == (str(log), str(other))


def test_a_log_without_codes_is_no_failure(tmp_path: Path) -> None:
    """The exit status tells scripts that the log was read."""
    for text in ("all is well\n", ""):
        (tmp_path / "app.log").write_text(text)
        answer = run("--json", str(tmp_path / "app.log"))
        assert (answer.exit_code, json.loads(answer.stdout)["codes"]) == (0, [])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "does not exist"),
        (b"\x89PNG\r\n\x1a\n", "app.log"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "app.log"),
        (b"PK\x03\x04 no zip", "damaged"),
    ],
)
def test_an_unreadable_file_is_reported(content: bytes | None, sentence: str, tmp_path: Path) -> None:
    """A script needs the exit status, a person the reason."""
    path = tmp_path / "app.log"
    if content is not None:
        path.write_bytes(content)
    answer = run(str(path))

    assert (answer.exit_code, answer.stdout) == (1, "")
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_folder_is_reported_and_the_other_files_are_read(log: Path, tmp_path: Path) -> None:
    """`zimerr scan *` may include folders."""
    answer = run("--json", str(tmp_path), str(log))

    assert (answer.exit_code, json.loads(answer.stdout)["cause"]) == (1, 6000106)
    assert "folder" in answer.stderr


@pytest.mark.parametrize("content", [None, b"\x89PNG\r\n\x1a\n", b"PK\x03\x04 no zip"])
def test_one_unreadable_file_makes_the_status_1(content: bytes | None, log: Path, tmp_path: Path) -> None:
    """A script that names a file relies on it: a missing one must not pass for one without errors."""
    other = tmp_path / "other.log"
    if content is not None:
        other.write_bytes(content)
    answer = run("--json", str(log), str(other), str(log))

    assert (answer.exit_code, json.loads(answer.stdout)["cause"]) == (1, 6000106)
    assert "other.log" in answer.stderr
    assert run("--json", str(log), str(log)).exit_code == 0


def test_without_a_file_it_shows_its_usage() -> None:
    """The exit status of a usage error is 2, as everywhere."""
    assert run().exit_code == 2


@pytest.mark.parametrize(
    ("line", "most"),
    [
        (LOG.splitlines(keepends=True)[0].replace("6000121", "{n}"), 1_000_000),
        ("{time} E/ZIM: sendMessage failed, error code: 6000121 userID=u{n} roomID=r{n}\n", 150_000),
    ],
    ids=["look-alikes", "users"],
)
def test_memory_does_not_grow_with_the_log(line: str, most: int, tmp_path: Path) -> None:
    """Logs may be larger than memory: with many more lines and users, peak memory stays the same."""
    peaks = []
    for times in (20_000, most):
        path = tmp_path / f"{times}.log"
        with path.open("w") as file:
            file.writelines(line.format(n=n, time=1_795_390_502 + n // 9) for n in range(times))
        code = (
            "import resource, sys; from bot.cli.main import commands\n"
            "try: commands(['scan', '--json', sys.argv[1]])\n"
            "except SystemExit: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True)
        peaks.append(int(done.stderr.split()[-1]))

    assert peaks[1] - peaks[0] < 32_000  # KB


def test_the_servers_own_code_is_context_of_its_code(tmp_path: Path) -> None:
    """The server's code has the reason; the SDK's code only says that the call failed."""
    path = tmp_path / "web.log"
    path.write_text('ZIMError code: 6000201 message: "… code: 103040"\n', encoding="utf-8")
    (only,) = json.loads(run("--json", str(path)).stdout)["codes"]
    assert only["code"] == 6000201
    assert only["server_codes"] == [{"number": 103040, "code": 6000353, "count": 1}]
    said = "In the message of 6000201, the server's own code is 103040, which stands for 6000353 · Value of a user"
    assert said in run(str(path)).output
