"""Test the answers about unknown codes."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.platforms import open_platforms
from bot.i18n import Language, words
from bot.policy.replies import Annotation, Explained, Range, Unknown
from bot.render.renderer import Renderer
from bot.render.unknown_code import nearest, statement
from tests.render.kit_rules import texts

STEPS = {
    Language.EN: """\
*What to do next*
• Check the digits.
• Your SDK may be newer than my catalogue, which was compared with zego-zim-web 2.29.0: look in \
<https://www.zegocloud.com/docs/zim-android/sdk-error-codes/zim|ZEGO's list of error codes>.
• If it isn't there, call `uploadLog`, then send ZEGO support the code, the message that came with it, the SDK and its \
version, the user ID and the time.
• This bot's operator can add the code: see “Your own codes” in `data/README.md`.""",
    Language.ZH: """\
*下一步*
• 核对数字有没有写错。
• 你用的 SDK 可能比我的目录更新（目录已与 zego-zim-web 2.29.0 核对），请查看 \
<https://doc-zh.zego.im/zim-android/sdk-error-codes/zim|ZEGO 的错误码列表>。
• 如果那里也没有，请调用 `uploadLog` 上传日志，再把错误码、随附的错误信息、SDK 及其版本、\
用户 ID 和发生时间提供给 ZEGO 技术支持。
• 本机器人的运维人员可以补充这个错误码，方法见 `data/README.md` 的“Your own codes”一节。""",
}


@pytest.mark.parametrize("language", STEPS)
def test_the_answer_says_what_to_do(catalogue: Catalogue, language: Language) -> None:
    """At three in the morning, “unknown” alone helps nobody."""
    blocks = Renderer(catalogue).message(Unknown((6000358,)), language)["blocks"]
    said = [block["text"]["text"] for block in blocks]
    assert said[0] == statement((6000358,), catalogue, words(language))
    assert said[1] == words(language)("unknown.nearest")
    codes = [6000357, 6000356, 6000355]
    assert said[2:5] == [f"*{code}*  {words(language).pick(catalogue[code].title)}" for code in codes]
    assert [block["accessory"]["value"] for block in blocks[2:5]] == [str(code) for code in codes]
    assert said[5:] == [STEPS[language]]


def test_the_list_of_codes_is_that_of_the_platform(catalogue: Catalogue) -> None:
    """A newer code is looked up where the reader's SDK is documented, whether somebody asked or not."""
    ios = open_platforms().keyed("ios")
    for reply in (Unknown((6000358,), ios), Annotation((), (6000358,), {}, platform=ios)):
        said = texts(Renderer(catalogue).message(reply, Language.ZH)["blocks"])
        assert "<https://doc-zh.zego.im/zim-ios/sdk-error-codes/zim|" in "\n".join(said)


def test_a_number_of_another_length_can_not_be_new(catalogue: Catalogue) -> None:
    """A person who missed a digit needs neither a newer SDK nor ZEGO's support."""
    said = texts(Renderer(catalogue).message(Unknown((600354,)), Language.EN)["blocks"])
    assert said[-1] == "*What to do next*\n• Check the digits."


def test_an_unasked_answer_says_the_same(catalogue: Catalogue) -> None:
    """One text for all who meet an unknown code; only the buttons to dismiss it are added."""
    renderer = Renderer(catalogue)
    asked = renderer.message(Unknown((6000358,)), Language.EN)["blocks"]
    assert renderer.message(Annotation((), (6000358,), {}), Language.EN)["blocks"][:-1] == asked


@pytest.mark.parametrize(
    ("codes", "near"),
    [
        ((6000358,), [6000357, 6000356, 6000355]),
        ((6000358, 6000372), [6000357, 6000327]),
        ((6009999, 6000358), [6000357]),
        ((6009999,), []),
        (tuple(range(6000360, 6000380)), [6000306, 6000351, 6000326]),
    ],
)
def test_several_unknown_codes_get_the_likeliest_of_each(
    catalogue: Catalogue, codes: tuple[int, ...], near: list[int]
) -> None:
    """Three are enough to recognize one's own."""
    assert [entry.code for entry in nearest(codes, catalogue)] == near


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ((600354,), "ZIM error codes have 7 digits; this number has 6."),
        ((60003544,), "ZIM error codes have 7 digits; this number has 8."),
        (
            (103999,),
            "ZIM's servers: look up the 600xxxx code whose message contains it, and read the reason in that message.",
        ),
        ((6009999,), "*6009999*."),
        ((6000358, 6000372), "Codes with similar numbers belong to “Rooms”."),
        ((6000358, 6000572), "*6000358, 6000572*."),
        ((6000358, 6009999), "*6000358, 6009999*."),
    ],
)
def test_the_digits_tell_what_is_wrong(catalogue: Catalogue, codes: tuple[int, ...], said: str) -> None:
    """A number of another length is no new code; numbers of two families say nothing about either."""
    assert statement(codes, catalogue, words(Language.EN)).endswith(said)


def test_beside_a_known_code_one_line_tells_how_to_ask(catalogue: Catalogue) -> None:
    """The explanation of the known code is what people read first."""
    reply = Explained((catalogue[6000106],), (6009999,))
    said = texts(Renderer(catalogue).message(reply, Language.EN)["blocks"])
    assert "I don't recognize 6009999. `/zimerr 6009999` tells you what to do." in said


def test_a_range_names_the_code_with_a_missed_digit(catalogue: Catalogue) -> None:
    """600106 begins codes of communities, but most people mean 6000106."""
    said = texts(Renderer(catalogue).message(Range("600106", catalogue.in_range("600106")), Language.EN)["blocks"])
    assert "Closest known codes:\n*6000106*  Token expired" in "\n".join(said)
