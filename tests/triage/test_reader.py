"""Test reading logs in any archive and encoding, and files that are no logs."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.triage.digest import Cut, FileRead, FileRefused, Refusal
from bot.triage.reader import LogFile, LogStream, ReadBudget, ReadLimits, open_logs
from tests.triage.feed import CATALOGUE
from tests.triage.scanning import scan, source

LIMITS = ReadLimits()
TEXT = "2026-11-23 07:35:45.740 登录失败，错误码：6000106\n用户未登录 6000121 é\n"
# A time in the header would make test ids differ between processes.
gzipped = partial(gzip.compress, mtime=0)
NOISE = random.Random(1).randbytes(50_000).hex().encode()  # noqa: S311 - compresses to half its size


def read(
    *sources: LogFile, limits: ReadLimits = LIMITS, step: float = 0.0
) -> tuple[list[str], list[FileRead], list[Refusal]]:
    """Return the texts in *sources*, their summaries and the refusals; each look at the clock adds *step* seconds."""
    texts: list[str] = []
    files: list[FileRead] = []
    refused: list[Refusal] = []
    for log in open_logs(sources, ReadBudget(limits, count(0.0, step).__next__)):
        if isinstance(log, FileRefused):
            refused.append(log.reason)
            continue
        texts.append(text_of(log).decode("utf-8", "replace"))
        files.append(log.summary)
        refused += [log.damage] if log.damage else []
    return texts, files, refused


def text_of(log: LogStream) -> bytes:
    """Return the text of all blocks of *log*, without their overlaps."""
    return b"".join(block.data[block.overlap_before : len(block.data) - block.overlap_after] for block in log.blocks())


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of *members*."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred() -> bytes:
    """Return the start of a tar."""
    return b"a.log".ljust(257, b"\0") + b"ustar\x0000" + bytes(300)


@pytest.mark.parametrize(
    ("encoding", "prefix"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("gb18030", b""),
    ],
)
def test_text_is_the_same_in_every_encoding(encoding: str, prefix: bytes) -> None:
    """Windows writes UTF-16 and Chinese operators GB18030, often without a mark."""
    texts, files, refused = read(source(prefix + TEXT.encode(encoding)))

    assert (texts, refused) == ([TEXT], [])
    assert (files[0].encoding, files[0].lines) == (encoding, 2)


def test_gb18030_is_detected_late_in_a_log() -> None:
    """The first Chinese words may come after megabytes of ASCII."""
    ascii_lines = "0123456789 ok\n" * 100_000

    assert read(source((ascii_lines + TEXT).encode("gb18030")))[0] == [ascii_lines + TEXT]


def test_utf_8_with_a_stray_byte_is_still_utf_8() -> None:
    """A log may be cut within a character."""
    texts, files, _ = read(source(TEXT.encode() * 20 + b"\xe7\n" + TEXT.encode()))

    assert files[0].encoding == "utf-8"
    assert texts[0].count("登录失败") == 21


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"\x1b[31merror\x1b[0m code=\x1b[01;31m\x1b[K600\x1b[m\x1b[K0106\n", "error code=6000106\n"),
        (b"\x1b]0;title\x07text\n", "text\n"),
        (b"\0\0\0error 60\x0000106\0\0\n", "error 6000106\n"),
        (b"last line", "last line"),
        (b"\r\n" * 200_000 + b"end", "\n" * 200_000 + "end"),
        (b"x" * 65_535 + b"\r\n" + b"\x1b[31my" * 100_000, "x" * 65_535 + "\n" + "y" * 100_000),
    ],
)
def test_invisible_characters_are_removed(written: bytes, meant: str) -> None:
    """Colours, NULs and line ends of other systems must not hide a code or shift a line, even across buffers."""
    assert read(source(written))[0] == [meant]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Refusal.EMPTY),
        (gzipped(b""), Refusal.EMPTY),
        (zipped({}), Refusal.EMPTY),
        (b"\x89PNG\r\n\x1a\n" + NOISE, Refusal.BINARY),
        (b"\x7fELF\x02\x01\x01" + bytes(100), Refusal.BINARY),
        (bytes.fromhex(NOISE[:10_000].decode()), Refusal.BINARY),
        (tarred(), Refusal.BINARY),
        (gzipped(gzipped(NOISE)), Refusal.NESTED),
        (gzipped(tarred()), Refusal.NESTED),
        (gzipped(zipped({"a": b"b"})), Refusal.NESTED),
        (zipped({"a.zip": zipped({"b.log": b"error 6000106"})}), Refusal.NESTED),
        (zipped({"a.log": gzipped(b"error 6000106")}), Refusal.NESTED),
        (zipped({"a.png": b"\x89PNG\r\n\x1a\n"}), Refusal.BINARY),
        (zipped({"a.log": NOISE}, zipfile.ZIP_LZMA), Refusal.BINARY),
        (b"PK\x03\x04" + NOISE, Refusal.DAMAGED),
        (zipped({"a.log": NOISE})[:-30], Refusal.DAMAGED),
        (b"\x1f\x8b" + NOISE, Refusal.DAMAGED),
        (gzipped(b"6000106\n")[:9], Refusal.DAMAGED),
        (gzipped(b"0" * 50_000_000), Refusal.BOMB),
        (zipped({"a.log": b"0" * 50_000_000}), Refusal.BOMB),
    ],
)
def test_a_file_that_can_not_be_read_is_refused_with_a_reason(content: bytes, reason: Refusal) -> None:
    """The reply has to say what to send instead."""
    assert read(source(content, "app.log")) == ([], [], [reason])


def test_an_encrypted_member_is_refused_and_the_others_are_read() -> None:
    """One encrypted file must not block the rest of a bundle."""
    data = bytearray(zipped({"a.log": b"error 6000106\n", "b.log": b"error 6000121\n"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1

    texts, files, refused = read(source(bytes(data), "b.zip"))
    assert (texts, [file.name for file in files], refused) == (
        ["error 6000121\n"],
        ["b.zip/b.log"],
        [Refusal.ENCRYPTED],
    )


def test_the_text_before_the_damage_is_read() -> None:
    """A log truncated in transfer still contains the start of the trouble."""
    data = gzipped(b"error 6000106\n" + NOISE)
    texts, files, refused = read(source(data[: len(data) // 2]))

    assert texts[0].startswith("error 6000106\n")
    assert (len(files), refused) == (1, [Refusal.DAMAGED])


def test_a_member_with_a_wrong_size_is_damaged() -> None:
    """The directory of an archive is not trusted."""
    data = bytearray(zipped({"a.log": NOISE}))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)

    assert read(source(bytes(data)))[2] == [Refusal.DAMAGED]


def test_a_huge_directory_is_not_read() -> None:
    """A zip can declare a directory of gigabytes."""
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 90_000_000, 0, 0)

    assert read(source(b"PK\x03\x04" + bytes(90_000_000) + end)) == ([], [], [Refusal.DAMAGED])


def test_gzip_may_have_many_members_and_padding() -> None:
    """Loggers with rotation append one gzip to another."""
    data = b"".join(gzipped(f"line {number}\n".encode()) for number in range(300)) + bytes(100)

    assert read(source(data))[0] == ["".join(f"line {number}\n" for number in range(300))]


def test_names_in_an_archive_are_only_shown() -> None:
    """A name may try to leave its folder, or send escape sequences to a terminal."""
    data = zipped(
        {"../../etc/passwd": b"error 6000106", "a\x1b[31m\u202e.log": b"b", "__MACOSX/._a": b"\0\1", "d/": b""}
    )

    assert [file.name for file in read(source(data, "x.zip"))[1]] == [
        "x.zip/../../etc/passwd",
        "x.zip/a\ufffd[31m\ufffd.log",
    ]


def test_a_chinese_name_from_windows_is_readable() -> None:
    """Windows Explorer writes names in GBK without the flag that says so."""
    data = zipped({"aaaa.log": b"6000106"}).replace(b"aaaa.log", "日志".encode("gbk") + b".log")

    assert [file.name for file in read(source(data, "x.zip"))[1]] == ["x.zip/日志.log"]


class Pipe(io.RawIOBase):
    """A file that is not seekable, and counts the bytes read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            part = next(self._parts, b"")
            if not part:
                break
            self._rest += part
        data, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        self.taken += len(data)
        return data


def test_a_zip_can_come_through_a_pipe() -> None:
    """`cat bundle.zip | zimerr scan -` gives the result of `zimerr scan bundle.zip`."""
    pipe = Pipe(iter([zipped({"a.log": NOISE})]))

    assert read(LogFile("-", lambda: pipe))[0] == [NOISE.decode()]  # type: ignore[arg-type, return-value]


def endless(member: bytes) -> Iterator[bytes]:
    """Repeat *member* without end."""
    while True:
        yield member * 100


@pytest.mark.parametrize(
    "member", [b"line\n" * 1000, gzipped(NOISE), gzipped(b"")], ids=["lines", "gzip", "empty gzip"]
)
def test_an_endless_stream_is_cut(member: bytes) -> None:
    """Reading never costs more than the limits allow."""
    pipe = Pipe(endless(member))
    limits = ReadLimits(file_bytes=3_000_000, seconds=500.0)
    _, files, _ = read(LogFile("-", lambda: pipe), limits=limits, step=0.1)  # type: ignore[arg-type, return-value]

    assert pipe.taken < 100_000_000
    assert [file.bytes for file in files] in ([3_000_000], [])


def test_head_and_tail_of_a_file_beyond_the_limit_are_read() -> None:
    """Trouble shows at the start and at the end of a log."""
    lines = b"".join(b"line %07d\n" % number for number in range(500_000))
    texts, files, _ = read(source(lines), limits=ReadLimits(file_bytes=3_000_001))
    head, tail = texts[0][:1_500_000], texts[0][-500_000:]

    assert files[0].cut is Cut.SIZE
    assert files[0].bytes <= 3_000_001 < files[0].bytes + 100
    assert files[0].bytes + files[0].skipped_bytes == len(lines)
    assert (head.encode(), tail.encode()) == (lines[:1_500_000], lines[-500_000:])
    assert files[0].lines == texts[0].count("\n")


def test_the_tail_of_each_file_is_read_after_the_time_limit() -> None:
    """The last lines show whether the trouble is ongoing."""
    lines = b"x" * 99 + b"\n"
    texts, files, _ = read(source(lines * 100_000), source(lines * 50_000 + b"the end"), limits=LIMITS, step=1.0)

    assert [file.cut for file in files] == [Cut.TIME, Cut.TIME]
    assert files[1].bytes < 2_000_000
    assert texts[1].endswith("the end")


def test_all_files_together_have_a_limit() -> None:
    """Ten files of 100 MB would take too long."""
    data = gzipped(NOISE * 20)
    _, files, refused = read(*[source(data)] * 12, limits=ReadLimits(unpacked_bytes=4_000_000))

    assert sum(file.bytes for file in files) < 4_000_000 + 10 * 1_400_000
    assert [file.cut for file in files][2:] == [Cut.SIZE] * 8
    assert refused == [Refusal.TOO_MANY] * 2


def test_a_zip_of_too_many_files_is_read_up_to_the_limit() -> None:
    """A bundle may contain a thousand rotated logs."""
    _, files, refused = read(source(zipped({f"{n}.log": b"x\n" for n in range(1000)})))

    assert (len(files), refused) == (10, [Refusal.TOO_MANY])


_WRAPPED = st.sampled_from([lambda data: data, gzipped, lambda data: zipped({"a.log": data}), zlib.compress])


@settings(max_examples=300, deadline=None)
@given(st.data(), st.binary(max_size=3000), _WRAPPED)
@example(None, b"\xff\xfe6\xd8", lambda data: data)
def test_no_input_crashes_the_reader(
    data: st.DataObject | None, content: bytes, wrap: Callable[[bytes], bytes]
) -> None:
    """Every upload gets an answer."""
    packed = bytearray(wrap(content))
    for _ in range(data.draw(st.integers(0, 4)) if data and packed else 0):
        assert data
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    if data and packed:
        del packed[data.draw(st.integers(1, len(packed))) :]
    scan(bytes(packed), CATALOGUE, ReadLimits(file_bytes=5000))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab6０0\r\n\x1b[m\0错 ", max_size=400), st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_lines_are_those_of_the_text(text: str, encoding: str) -> None:
    """A line number that is off by one sends the reader to the wrong line."""
    for log in open_logs([source(("log\n" * 8 + text).encode(encoding))], ReadBudget(LIMITS, lambda: 0.0)):
        assert isinstance(log, LogStream)
        shown = text_of(log)
        assert log.lines == len(shown.split(b"\n")) - shown.endswith(b"\n")
        assert b"\r" not in shown
