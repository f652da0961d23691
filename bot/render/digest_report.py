"""Write the full report of a triage as plain text, for a terminal and for a file: the whole digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, traditional, words
from bot.render.digest_view import DigestView, numbered_lines, secret_line
from bot.render.entry_wording import fact_line
from bot.render.line_layout import aligned, hanging
from bot.render.unknown_code import report_lines
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest, Mark, Role

_INDENT = "  "
_TIMES = slice(3, 5)  # the columns of times in the table
_SHORTEST_NAME = 20  # cells


def report(
    digest: Digest, catalogue: Catalogue, language: Language, cascades: Cascades, *, width: int | None = None
) -> str:
    """Write *digest* in *language*, ending with a line break. *cascades* explain why codes follow others.

    Lines fit *width*, in cells of a terminal; those of the log stay as they are.
    """
    view = DigestView(digest, catalogue, words(language))
    translate = view.translate
    convert = traditional if language is Language.ZH_HANT else str

    def written(lines: Sequence[str]) -> str:
        paragraph = convert("\n".join(lines))
        return "\n".join(part for line in paragraph.splitlines() for part in hanging(line, width))

    before = [
        _answer(view, catalogue),
        titled(translate("triage.report.shape"), [*view.timing(), *view.basis()]),
        titled(translate("triage.report.table"), _table(view, width)),
        titled(*view.bars()),
        titled(translate("triage.report.reasons"), _reasons(view, cascades)),
    ]
    after = [
        titled(translate("triage.report.others" if view.has_cause else "triage.steps"), _others(view)),
        titled(translate("triage.context"), [*view.server_codes(), *view.metadata()]),
        titled(translate("triage.report.events"), events(view)),
        titled(translate("triage.coverage"), [*view.coverage(), *_files(view)]),
        titled(translate("triage.report.secrets"), _secrets(view)),
    ]
    paragraphs = [written(lines) for lines in before if lines]
    for excerpt in digest.excerpts:
        # Log lines stay as written: converted, they would not be found in the log.
        title = written([view.excerpt_title(excerpt)])
        paragraphs.append("\n".join(titled(title, numbered_lines(excerpt))))
    paragraphs += [written(lines) for lines in after if lines]
    return "\n\n".join(paragraphs) + "\n"


def _answer(view: DigestView, catalogue: Catalogue) -> list[str]:
    """Return the likely cause with the actor and the steps, or the candidates; then the advice for unknown codes."""
    lines = [view.title().replace("`", "")]
    if view.plan:
        lines += [fact_line("actor", view.plan.who, view.translate), view.translate("triage.steps")]
        lines += [*_steps(view.plan.steps), *filter(None, [view.log_line().replace("`", "")])]
    elif view.rivals:
        lines.append(view.introduction())
        for plan, share in view.rivals:
            lines.append(_INDENT + view.translate("triage.rival", title=plan.title, share=share, actor=plan.who))
    if view.digest.unknown and (view.main_unknown or not view.digest.rows):
        lines += report_lines(catalogue, view.translate)
    return lines


def _table(view: DigestView, width: int | None) -> list[str]:
    """Return the lines of the table. If they leave no room for names, they have no times: the report has those, too."""
    titles, rows = view.table()
    if not rows:
        return []
    table = [titles, *rows]
    if width is None:
        return aligned(table, numbers=[1])
    room = width - len(_INDENT)
    before_names = max(map(cell_len, aligned([row[:-1] for row in table])))
    if before_names + _SHORTEST_NAME > room and len(titles) > _TIMES.stop:
        table = [[*row[: _TIMES.start], *row[_TIMES.stop :]] for row in table]
    return aligned(table, numbers=[1], width=room)


def titled(title: str, lines: Iterable[str]) -> list[str]:
    """Indent *lines* below *title*; no title without lines."""
    indented = [f"{_INDENT}{line}" for line in lines]
    return [title, *indented] if indented else []


def _steps(steps: Sequence[str]) -> list[str]:
    """Format *steps* as indented, numbered lines."""
    return [f"{_INDENT}{number}. {step.replace('`', '')}" for number, step in enumerate(steps, 1)]


def _reasons(view: DigestView, cascades: Cascades) -> Iterator[str]:
    """Yield the reason of the cascade rule for each code that follows another."""
    for row in view.digest.rows:
        follows = row.follows if row.role is Role.FOLLOWER else None
        if follows is not None and (rule := cascades.rule(follows, row.code)):
            text = view.translate.pick(rule.reason).replace("`", "")
            yield view.translate("triage.report.reason", follower=row.code, code=follows, reason=text)


def _others(view: DigestView) -> Iterator[str]:
    """Yield the codes unrelated to the cause, with the steps for each."""
    for row in view.digest.rows:
        entry = view.entry(row)
        if row.role is Role.UNRELATED and entry:
            actor = view.translate(f"actor.{entry.actor}")
            yield f"{entry.code} · {view.translate.pick(entry.title)} · {actor}".replace("`", "")
            yield from _steps(view.translate.pick(entry.remedy))


def events(view: DigestView) -> Iterator[str]:
    """Yield each connection event with its number of lines, their places and the cause of a symptom."""
    translate = view.translate
    for row in view.digest.events:
        place = view.location(row.first)
        if row.last != row.first:
            place = translate("triage.report.range", first=place, last=view.location(row.last))
        lines = translate.count("triage.event_lines", row.count, event=row.name)
        said = [translate("triage.report.event", event=lines, place=place)]
        said += [translate("triage.role.follower", code=row.follows)] if row.follows else []
        yield " · ".join(said)


def _files(view: DigestView) -> Iterator[str]:
    for file in view.digest.files:
        name, size = view.file_name(file.name), view.size(file.bytes)
        lines = view.translate.count("triage.lines", file.lines)
        yield view.translate("triage.report.file", file=name, lines=lines, size=size, encoding=file.encoding)


def _secrets(view: DigestView) -> Iterator[str]:
    for secret in view.digest.secrets:
        yield secret_line(secret, view.location(Mark(secret.file, secret.line, None)), view.translate)
