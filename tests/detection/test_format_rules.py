"""Reject look-alikes by the format of their line, and keep the codes in lines of the same format."""

from __future__ import annotations

import pytest

from bot.detection.detector import find
from bot.detection.result import LookAlikeReason as Reason
from tests.detection.known import KNOWN

LOOKALIKES = [
    (Reason.IDENTIFIER, "select * from slots where slot in (400121, 5000202, 6000121); -- ERROR 1146"),
    (Reason.IDENTIFIER, "delete from sku where ipn in ('6000242','6000281') failed"),
    (Reason.IDENTIFIER, "UPDATE parts SET maker=6000106 WHERE x=3; -- error"),
    (Reason.FIGURES, "INSERT INTO features (a, b) VALUES (88, '6000281'); ERROR at line 3"),
    (Reason.FIGURES, "(88, 139, '6000281', 'PWV'), -- error"),
    (Reason.IDENTIFIER, "ERROR 1062: Duplicate entry '6000204' for key 'PRIMARY'"),
    (Reason.IDENTIFIER, "ERROR: DETAIL: Key (id)=(6000106) already exists."),
    (Reason.IDENTIFIER, "E11000 duplicate key error dup key: { : 6000204 }"),
    (Reason.IDENTIFIER, "primary key 6000121 not found, error"),
    (Reason.POSITION, "TypeError: x is undefined at value (index.android.bundle:1:6000106)"),
    (Reason.POSITION, "main.min.js?v=3:1:6000204 Uncaught Error"),
    (Reason.POSITION, "error at t (<anonymous>:1:6000121)"),
    (Reason.POSITION, "# at 6000106"),
    (Reason.POSITION, "fatal error: the first event 'binlog.000121' at 6000106"),
    (Reason.POSITION, "consumer error: current=6000121 lag=6000104"),
    (Reason.POSITION, "redo lsn 6000204 error"),
    (Reason.TICKET, "* 6000106 (HEAD -> main) handle errors"),
    (Reason.TICKET, "6000204 Fix login error on Android"),
    (Reason.TICKET, "| * 6000281 feat(im): retry on error"),
    (Reason.TICKET, "a1b2c3d..6000204  main -> main"),
    (Reason.TICKET, "HEAD is now at 6000106 errors"),
    (Reason.TICKET, "error: could not revert 6000106... Handle it"),
    (Reason.IDENTIFIER, "'6000281': 'Balanced eating',"),
    (Reason.IDENTIFIER, "[6000204] = { name = 'Iron Shield' },"),
    (Reason.IDENTIFIER, "거짓의 신왕 (6000121)"),
    (Reason.IDENTIFIER, "Dragon Slayer Sword (6000106)"),
    (Reason.IDENTIFIER, "push to 6000121 failed"),
    (Reason.IDENTIFIER, "message from 6000011 to 6000121 failed"),
    (Reason.IDENTIFIER, "call failed callee=6000281"),
    (Reason.IDENTIFIER, "kick 6000121 out of the room failed"),
    (Reason.IDENTIFIER, "invitees:[6000283,6000284] failed"),
    (Reason.IDENTIFIER, "帮查下 6000121 这个号，登录失败"),
    (Reason.OTHER_CODE, "VMware Authorization Service error 6000009"),
    (Reason.OTHER_CODE, "ZegoAvatar startRecord errorCode=6000001"),
    (Reason.OTHER_CODE, "融云报错 6000204"),
    (Reason.OTHER_CODE, "pincode:6000021"),
    (Reason.OTHER_CODE, "type=voucher code=6000101 status=redeemed"),
    (Reason.OTHER_CODE, "Your ZEGO login code is 6000106. Don't share it."),
    (Reason.OTHER_CODE, "sms sent phone=13800138000 login code=6000106"),
    (Reason.OTHER_CODE, "login code=6000106 sent to a***@example.com"),
    (Reason.OTHER_CODE, "https login code: 6000106"),
    (Reason.UNIT, "failed after 6000104 us"),
    (Reason.UNIT, "6000121 rows failed to import"),
    (Reason.UNIT, "6000121 out of 7000000 failed"),
    (Reason.TICKET, "case 6000121 escalated"),
    (Reason.POSITION, "版本号 6000107"),
    (Reason.POSITION, "端口号：6000104"),
    (Reason.PHONE, "电话号码 6000121"),
]


@pytest.mark.parametrize(("reason", "text"), LOOKALIKES)
def test_a_lookalike_is_rejected_beside_an_error_word_too(reason: Reason, text: str) -> None:
    """Databases, Git and other vendors report errors as well."""
    detection = find(text, KNOWN)
    assert not detection.findings
    assert reason in [lookalike.reason for lookalike in detection.lookalikes]


CODES = [
    ("select * from im_log where error_code in (6000104, 6000106)", {6000104, 6000106}),
    ("INSERT INTO zim_errors VALUES (6000121, 'not logged in')", {6000121}),
    ("if status in (6000104, 6000105): retry()", {6000104, 6000105}),
    ("duplicate call, error 6000275", {6000275}),
    ("login failed at main.js:12:6 with 6000106", {6000106}),
    ("[API.sendMessage]:6000121", {6000121}),
    ("6000121 fix please", {6000121}),
    ("6000106 token expired", {6000106}),
    ("codes 6000101..6000124", {6000101, 6000124}),
    ("'6000104': 'Network error'", {6000104}),
    ("6000121 => '未登录',", {6000121}),
    ("The user is not in the room (6000321)", {6000321}),
    ("Token Has Expired (6000106)", {6000106}),
    ("iOS (6000104), Android (6000105)", {6000104, 6000105}),
    ("the code changed from 6000104 to 6000105", {6000104, 6000105}),
    ("recover from 6000121", {6000121}),
    ("Agora works, but ZIM returns 6000121", {6000121}),
    ("VMware VM with our ZIM client: error 6000104", {6000104}),
    ("invitees:[6000283] failed {code:6000281}", {6000281}),
    ("api=login code=6000016", {6000016}),
    ("userID=u8 login code=6000106", {6000106}),
    ("user u8: login code=6000106", {6000106}),
    ("event:invite code:6000281 callee:u7", {6000281}),
    ("path=/v1/room code=6000322 took=3ms", {6000322}),
    ("zim login code: 6000106", {6000106}),
    ("auth code 6000101 message: Token is invalid.", {6000101}),
    ("room code 6000322 when we call joinRoom", {6000322}),
    ("static const int invalidAppID = 6000003;", {6000003}),
    ("ERR_INVALID_USER_ID = 6000011", {6000011}),
    ("DUPLICATE_CALL_ID(6000275)", {6000275}),
    ("rateLimit: 6000004", {6000004}),
    ("6000104 us region only", {6000104}),
    ("in case 6000121 occurs", {6000121}),
    ("case 6000121: relogin();", {6000121}),
]


@pytest.mark.parametrize(("text", "codes"), CODES)
def test_a_code_in_a_line_of_such_a_format_is_found(text: str, codes: set[int]) -> None:
    """Each rule has a similar text that it must not reject."""
    assert set(find(text, KNOWN).codes) == codes
