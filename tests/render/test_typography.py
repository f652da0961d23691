"""Read all replies as Slack shows them: no mark stays visible, and Chinese is set as a reader expects it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args, get_type_hints

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy.place import LogSource
from bot.policy.replies import (
    Annotation,
    Denial,
    Denied,
    Explained,
    Leaked,
    Note,
    NothingFound,
    Reply,
    Triaged,
    UnreadableReply,
)
from bot.policy.troubles import Uncalled
from bot.render.renderer import Renderer
from bot.triage.digest import FileRefused, Refusal, Secret, SecretKind
from tests.render import digests
from tests.render.test_renderer import replies_with_people, replies_without_people
from tests.typography import faults, mrkdwn_of, visible


def all_replies(catalogue: Catalogue, language: Language) -> Iterator[Reply]:
    """Yield replies of every kind, and all about every code."""
    for reply in (*replies_without_people(catalogue, language), *replies_with_people(language)):
        yield Denied(reply.reason, ("U1", "S1")) if isinstance(reply, Denied) else reply
    yield from (Note(what) for what in get_args(get_type_hints(Note)["what"]))
    yield Denied(Denial.UNTOLD_GROUP, ("S1",))
    yield UnreadableReply(tuple(FileRefused("a.log", reason) for reason in Refusal))
    secrets = tuple(Secret(kind, 0, 7, 1 + number % 2) for number, kind in enumerate(SecretKind))
    for is_private in (False, True):
        yield from (Leaked(secrets[at : at + 4], ("a.log",), is_private=is_private) for at in range(0, len(secrets), 4))
    yield Uncalled("U1", "cannot_dm_bot", "abc123")
    for digest in (digests.expired(), digests.kicked_out(), digests.bundle(), digests.nothing()):
        yield Triaged(digest, LogSource("1.0"))
        yield NothingFound(digest)
    for entry in catalogue:
        yield Explained((entry,))
        yield Explained((entry,), is_detailed=True)
        yield Annotation((entry,), (), {entry.code: 2})


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_every_reply_reads_well(catalogue: Catalogue, language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack shows `*`, `_`, `~` and back-ticks beside a letter or a Chinese character as they are."""
    monkeypatch.setattr(digests, "HOSTILE", "zim")
    renderer, found = Renderer(catalogue), set()
    for reply in all_replies(catalogue, language):
        message = renderer.message(reply, language)
        for text in (*mrkdwn_of(message["blocks"]), message["text"]):
            found.update(faults(text, is_chinese=language.is_chinese))
    assert sorted(found) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("用*中文*回答", "a mark that Slack shows as it is"),
        ("选择_复制链接_", "a mark that Slack shows as it is"),
        ("输入`/zimerr`即可", "a mark that Slack shows as it is"),
        ("not*bold*", "a mark that Slack shows as it is"),
        ("回答。 依据", "a space too many"),
        ("无效 （判断）", "a space too many"),
        ("中文 中文", "a space too many"),
        ("给0 条", "a space too few"),
        ("输入 `/zimerr`即可", "a mark that Slack shows as it is"),
        ("错误码 6009998, 6009997", "a list without 、"),
        ("好的, 收到", "half-width punctuation"),
        ("失败(网络)", "half-width punctuation"),
        ("结束.", "half-width punctuation"),
        ("最多 10 条消息 per second", "a rate in English"),
        ("稍等...", "an ellipsis of full stops"),
    ],
)
def test_faults_are_found(text: str, fault: str) -> None:
    """Otherwise, the test above could not fail."""
    assert any(each.startswith(fault) for each in faults(text, is_chinese=True))


@pytest.mark.parametrize(
    ("mrkdwn", "shown"),
    [
        ("*由谁处理*：开发者", "由谁处理：开发者"),
        ("用 *Token* 登录（_自动_）", "用 Token 登录（自动）"),
        ("<https://x.example|文档>和 <@U1>", "文档和 x"),
        ("14******29", "14******29"),
    ],
)
def test_marks_between_spaces_or_punctuation_are_styles(mrkdwn: str, shown: str) -> None:
    """These are right."""
    assert visible(mrkdwn) == shown
    assert faults(mrkdwn, is_chinese=True) == []
