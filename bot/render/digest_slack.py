"""Show a digest in Slack: the answer in the first three lines, then timing, chart, codes, evidence and coverage.

Text from a log or from its owner is shown literally. Only the incident state mentions people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.policy.replies import LogKept, PrivateTriage, Triaged
from bot.render import block_kit, incident_slack
from bot.render.block_kit import Block, MessagePayload
from bot.render.digest_marks import stamp_text
from bot.render.digest_view import DigestView, numbered_lines, offsets
from bot.render.entry_wording import fact_line, numbered
from bot.render.log_notices import next_steps
from bot.render.memory_slack import memory_of
from bot.render.relation_slack import relation_line, relation_text
from bot.triage.digest import Excerpt

_MOST_CANDIDATES = 3
_MOST_EXCERPTS = 2
_MOST_SERVER_CODES = 3
_MOST_FILES = 3  # that were not read completely
_CELL = 80  # characters
# A line's own stamp, with the numbers of process and thread that Android writes after it.
_STAMP = re.compile(
    r"[\s\[({]*(?:[A-Z][a-z]{2} {1,2}\d{1,2} |\d{1,4}[-/.年月 ]?\d{1,2}(?:[-/.月 ]\d{1,4})?日?[T ,]{0,2})?"
    r"\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\])}]*(?: +\d{1,6} +\d{1,6}(?= [VDIWEFA][ /]))?[ \t:]*(?=\S)"
)
_PHRASE = 300
_NOTE = 500  # reserved for the note on omissions
_LINE, _NEIGHBOUR = 300, 200  # of an excerpt


def message(
    catalogue: Catalogue, reply: Triaged, translate: Translator, *, can_escalate: bool = False
) -> MessagePayload:
    """Build the message of a triage; *can_escalate* adds the button *Escalate*.

    A reply without a source gets no buttons: its log can't be read again. A copy gets none that change the message.
    """
    view = DigestView(reply.digest, catalogue, translate)
    line = relation_line(reply.relation, reply.log.summary, view) if reply.relation and reply.log else ""
    lines = [relation_text(reply.relation, translate)] if reply.relation else []
    lines.append(view.title())
    for plan in [view.plan] if view.plan else [plan for plan, _ in view.rivals[:1]]:
        lines += [fact_line("actor", plan.who, translate), plan.steps[0]]
    memory = memory_of(reply.digest.cause, reply.memories, translate)
    blocks, _ = _blocks(view, catalogue, str(reply.source or ""), can_escalate, line, memory)
    if reply.is_copy:
        blocks[-1] = _copy_buttons(str(reply.source or ""), translate, has_report=bool(reply.origin and view.rows))
    if reply.is_without_file:
        blocks.insert(-1, block_kit.context(translate("triage.without_file")))
    return block_kit.message(block_kit.escape("\n".join(lines)), blocks if reply.source else blocks[:-1])


def private(catalogue: Catalogue, reply: PrivateTriage, translate: Translator) -> MessagePayload:
    """Build the line with the result of a triage and a link to it."""
    title = block_kit.escape(DigestView(reply.triaged.digest, catalogue, translate).title())
    place = translate("triage.in_dm", **block_kit.link_ends(reply.link))
    return block_kit.message(title, [block_kit.section(f"{title}\n{place}")])


def kept(reply: LogKept, translate: Translator) -> MessagePayload:
    """Build the line with a link to a triage, above its log."""
    ends = block_kit.link_ends(reply.link)
    return block_kit.text_message(translate("triage.log_kept", channel=f"<#{reply.channel}>", **ends))


def is_cut(catalogue: Catalogue, reply: Triaged, translate: Translator, *, can_escalate: bool = False) -> bool:
    """Return whether the message leaves out codes, excerpts or files of the full report; long lines do not count."""
    return _blocks(DigestView(reply.digest, catalogue, translate), catalogue, "", can_escalate)[1]


def _blocks(
    view: DigestView,
    catalogue: Catalogue,
    source: str,
    can_escalate: bool,
    line: str = "",
    memory: Sequence[Block] = (),
) -> tuple[list[Block], bool]:
    """Build the blocks, *line* first and *memory* behind the answer; return whether something was left out of them."""
    before = [*([block_kit.section(line)] if line else []), *_answer(view, catalogue), *memory, *_chart(view)]
    middle, is_shortened = _excerpts(view)
    metadata = " · ".join(map(_literal, view.metadata()))
    small_print = [*([metadata] if metadata else []), *map(_literal, view.coverage(_MOST_FILES))]
    middle += [block_kit.context("\n".join(small_print), verbatim=True)] if small_print else []
    buttons = _buttons(view, source, can_escalate)
    # The table gets the characters that the other blocks leave.
    room = block_kit.MESSAGE_CHARACTERS - _NOTE - block_kit.characters([*before, *middle, buttons])
    table, left_out = _table(view, room)
    notes = [view.translate.count("triage.cut_rows", left_out)] if left_out else []
    notes += [view.translate("triage.cut_windows")] if len(view.digest.excerpts) > _MOST_EXCERPTS else []
    is_cut = bool(notes) or len(view.unread_files()) > _MOST_FILES or len(view.server_codes()) > _MOST_SERVER_CODES
    notes += [view.translate("triage.cut_lines")] if is_shortened else []
    note = [block_kit.context("\n".join(notes))] if notes else []
    return [*before, *table, *middle, *note, buttons], is_cut


def _answer(view: DigestView, catalogue: Catalogue) -> Iterator[Block]:
    """Yield the likely cause with the actor and the steps, or the candidates; then the timing.

    If no code is known, or not that of most errors, yield the next steps, too.
    """
    translate = view.translate
    yield block_kit.header(view.title().replace("`", ""))
    if view.plan:
        actor = translate("triage.actor", actor=block_kit.escape(view.plan.who))
        steps = block_kit.escape(numbered(view.plan.steps))
        log = f"\n{block_kit.escape(view.log_line())}" if view.log_line() else ""
        yield block_kit.section(f"{actor}\n*{translate('triage.steps')}*\n{steps}{log}")
    elif view.rivals:
        lines = [view.introduction()]
        for plan, share in view.rivals[:_MOST_CANDIDATES]:
            title, step, who = map(block_kit.escape, (plan.title, plan.steps[0], plan.who))
            lines.append(translate("triage.rival", title=title, share=share, actor=who) + f"\n{step}")
        yield block_kit.section("\n".join(lines))
    lines = [" · ".join(_literal(clause) for clause in clauses) for clauses in (view.timing(), view.basis())]
    lines += map(_literal, view.server_codes()[:_MOST_SERVER_CODES])
    if any(lines):
        yield block_kit.section("\n".join(filter(None, lines)), verbatim=True)
    if not view.digest.is_conclusive or view.main_unknown:
        yield next_steps(view, catalogue)


def _chart(view: DigestView) -> list[Block]:
    """Draw the counts of each code over time; those of the last codes are added up if there are too many."""
    timeline, translate, most = view.timeline, view.translate, block_kit.CHART_SERIES
    if timeline is None or timeline.buckets > block_kit.CHART_POINTS:
        return []
    drawn = len(view.rows) if len(view.rows) <= most else most - 1
    series = [(str(row.code), row.timeline) for row in view.rows[:drawn]]
    if rest := view.rows[drawn:]:
        counts = tuple(map(sum, zip(*(row.timeline for row in rest), strict=True)))
        series.append((translate("triage.others"), counts))
    title, y_label = translate("triage.timeline"), translate("triage.count")
    x_label = translate("triage.offset.lines")
    if timeline.start:
        x_label = translate("triage.offset.time", start=stamp_text(timeline.start))
    return [block_kit.chart(title, offsets(timeline), series, x_label=x_label, y_label=y_label)]


def _table(view: DigestView, room: int) -> tuple[list[Block], int]:
    """Build the table with as many codes as fit into *room* characters, and count those left out."""
    titles, rows = view.table(block_kit.TABLE_ROWS - 1)
    rows = [[block_kit.shorten(cell, _CELL) for cell in row] for row in rows]
    fitting: list[list[str]] = []
    room -= sum(map(len, titles))
    for row in rows:
        room -= sum(map(len, row))
        if room < 0:
            break
        fitting.append(row)
    table = [block_kit.table(titles, fitting, numbers=[1], wrapped=len(titles) - 1)] if fitting else []
    return table, len(view.rows) - len(fitting)


def _excerpts(view: DigestView) -> tuple[list[Block], bool]:
    """Build the evidence, and return whether any excerpt was shortened.

    Lines begin at their messages: on a narrow screen, nothing but the stamps would be visible.
    """
    blocks, is_shortened = [], False
    for written in view.digest.excerpts[:_MOST_EXCERPTS]:
        excerpt = replace(written, lines=tuple(map(_without_stamp, written.lines)))
        shortened = _shortened(excerpt)
        is_shortened |= shortened != excerpt
        title = block_kit.shorten(view.excerpt_title(excerpt), _PHRASE)
        blocks.append(block_kit.preformatted("\n".join(numbered_lines(shortened)), title))
    return blocks, is_shortened


def _shortened(excerpt: Excerpt) -> Excerpt:
    """Reduce *excerpt* to two lines before and after the line of interest, and cut long lines."""
    focus = excerpt.line - excerpt.first_line
    first = max(focus - 2, 0)
    lines = [block_kit.shorten(line, _NEIGHBOUR) for line in excerpt.lines[first : focus + 3]]
    # The line of interest is cut around its code.
    line = excerpt.lines[focus]
    start = max(line.find(str(excerpt.sign)) - _LINE // 2, 0)
    if len(line) <= _LINE or start == 0:
        lines[focus - first] = block_kit.shorten(line, _LINE)
    else:
        lines[focus - first] = "…" + block_kit.shorten(line[start:], _LINE - 1)
    return replace(excerpt, first_line=excerpt.first_line + first, lines=tuple(lines))


def _without_stamp(line: str) -> str:
    """Return *line* from its message on."""
    match = _STAMP.match(line)
    return line[match.end() :] if match else line


def _literal(text: str) -> str:
    return block_kit.literal(text, _PHRASE)


def _copy_buttons(source: str, translate: Translator, *, has_report: bool = False) -> Block:
    """Build the buttons of a copy for one person; *has_report*: it has a thread to attach the full report to."""
    language = translate.language
    value, other = incident_slack.button_value(source, language), incident_slack.button_value(source, language.other)
    report = block_kit.button(translate("triage.button.report"), incident_slack.TRIAGE_REPORT, value=value)
    return block_kit.actions(
        *([report] if has_report else []),
        block_kit.button(translate("button.other_language"), incident_slack.TRIAGE_LANGUAGE, value=other),
    )


def _buttons(view: DigestView, source: str, can_escalate: bool) -> Block:
    """Build the buttons of a new triage; without a known code, only that of a copy."""
    if not view.rows:
        return _copy_buttons(source, view.translate)
    return incident_slack.buttons(source, view.digest.cause, view.translate, can_escalate=can_escalate)
