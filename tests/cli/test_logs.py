"""Tests for `zimerr logs`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from bot.catalogue.platforms import open_platforms
from bot.cli.main import commands


def run(*arguments: str) -> Result:
    """Run `zimerr logs` with these arguments."""
    return CliRunner().invoke(commands, ["logs", *arguments])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ios", "--lang", "en"), "SDK log on iOS: zimlog*.txt in Library/Caches/ZIMLogs of the app. Upload: [zim upl"),
        (("安卓", "--lang", "zh"), "SDK 日志（Android）：/storage/Android/data/<应用包名>/files/ZIMLogs"),
        (("react", "native", "--lang", "en"), "SDK log on React Native: "),
    ],
)
def test_a_platform_gets_the_place_of_its_log_and_all_steps(arguments: tuple[str, ...], said: str) -> None:
    """The terminal says what Slack says, without markup."""
    result = run(*arguments)
    assert result.exit_code == 0
    assert said in result.stdout
    assert "\n• " in result.stdout
    assert "faq/zim-logs" in result.stdout.splitlines()[-1]
    assert "`" not in result.stdout


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_platform_each_has_a_line(lang: str) -> None:
    """Somebody who asks for another person may not know theirs."""
    lines = run("--lang", lang).stdout.splitlines()
    assert len(lines) == len(open_platforms().platforms) + 1


def test_an_unknown_platform_is_named_and_fails() -> None:
    """The known ones are listed."""
    result = run("symbian", "--lang", "en")
    assert result.exit_code == 1
    assert "“symbian”. Platforms: android, ios, web" in result.stderr
