"""Reject look-alikes, each for the right reason."""

from __future__ import annotations

import pytest

from bot.detection.detector import find
from bot.detection.result import LookAlikeReason as Reason
from tests.detection.known import KNOWN

CASES = {
    Reason.LONGER_NUMBER: "16000354 | 6000354123 | 1600012170153 | ISBN 978-36000121x",
    Reason.HEX: "0x6000121 | token=0x06000121 | 0X6000121F",
    Reason.GLUED: "6000121a9f3c | a6000121 | 6000121_backup | 6000121@qq.com | 16-6000121-8 | zipCode6000121",
    Reason.DECIMAL: "9.6000121 | 6000354.00 | .6000121 | -0.6000121",
    Reason.THOUSANDS: "6,000,121 | 6.000.121 | 6 000 121 | 6_000_121 | 6000121,000",
    Reason.NEGATIVE: "-6000121 | balance -6000121",
    Reason.URL: "https://x.example/6000121 | http://x.example/?i=6000121 | x.example/a/b?c=6000121 | /items?id=6000121",
    Reason.PATH: "orders/6000121 | 6000121/items | C:\\logs\\6000121 | 6000121.log | /var/log/error-6000121",
    Reason.MONEY: "$6000121 | Rp 6000121 | 6000121 VND | ¥6000121 | USD 6000121 | 6000121€",
    Reason.UNIT: "6000121 bytes | 6000121ms | 6000121 条 | 6000121元/件 | 6000121万 | 6000121 daily users | 6000121%",
    Reason.AMOUNT: "size=6000121 | Content-Length: 6000104 | 共6000121 | 金额：6000121 | sleep(6000121)",
    Reason.TICKET: "ORDER-6000121 | ticket #6000104 | PR 6000111 | 订单号6000121 | 工单：6000121 | #6000121",
    Reason.IDENTIFIER: "order id: 6000121 | 用户6000121 | room 6000322 | {\"uid\":\"6000121\"} | 房间号是6000322",
    Reason.PHONE: "tel: 6000121 | +6000121 | 电话6000121 | (021) 6000121 | call 6000121",
    Reason.TIME: "elapsed: 6000121 | ts=6000121 | timeout=6000105 | 耗时6000121 | createdAt: 6000121",
    Reason.POSITION: "port 6000121 | line 6000121 | 端口6000121 | 1.2.0 (6000121) | main.dart:6000121",
    Reason.OTHER_CODE: "zip code 6000121 | promoCode: 6000121 | 验证码6000121 | your code is 6000121 | OTP 6000121",
    Reason.INDEX: "Runner[6000121:88123] | CHS[6000106]",
    Reason.FIGURES: "1001,6000121,8000 | INSERT INTO t VALUES (6000121, 'x')",
    Reason.ROUND: "6000000 | code >= 6000000 | error 6001000",
    Reason.NO_ERROR_WORDS: "6000999 | see 6000777",
    Reason.OTHER_NUMBER: "NetworkModuleTokenExpired=(600106) | ZIMErrorCodeNetworkModuleTokenExpired = 1000002",
    Reason.UNKNOWN_SYMBOL: "ZIMErrorCode.SUCCESS | ZIMErrorCode.FAILED | ZIMErrorCodeSomethingNew",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [(text, reason) for reason, texts in CASES.items() for text in texts.split(" | ")],
)
def test_a_lookalike_is_rejected_for_its_reason(text: str, reason: Reason) -> None:
    """`/zimerr why` shows the reason; a wrong one misleads people."""
    detection = find(text, KNOWN)
    assert not detection.findings
    assert reason in [lookalike.reason for lookalike in detection.lookalikes]


def test_every_reason_has_a_case() -> None:
    """A reason that no rule gives is a rule that does not work."""
    assert set(CASES) == set(Reason)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("error code 6000121 seconds after login", 6000121),
        ("6000104 times out", 6000104),
        ("6000332 部分失败", 6000332),
        ("查一下6000121日志", 6000121),
        ("there are no 6000121 errors", 6000121),
        ("[Room][API.joinRoom]:6000322", 6000322),
        ("err no: 6000121", 6000121),
        ("Request timeout: 6000105", 6000105),
        ("6000104, 2000 users affected", 6000104),
        ("6000104/6000105", 6000104),
        ("lots of 6000121 messages", 6000121),
        ("error #6000121", 6000121),
        ("uid=77;code=6000121&msg=x", 6000121),
        ("order 77 failed with 6000121", 6000121),
    ],
)
def test_a_near_miss_of_a_rule_is_still_a_code(text: str, code: int) -> None:
    """Each rule has a similar text that it must not reject."""
    assert code in find(text, KNOWN).codes
