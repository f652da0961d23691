"""What is said around a triage: what could not be read, what leaked, and the dialog to paste into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.i18n import Translator
from bot.policy.replies import Escalated, Leaked, Note, UnreadableReply
from bot.render import block_kit
from bot.render.block_kit import MessagePayload
from bot.render.notices import message
from bot.triage.digest import Secret

PASTE = "paste_log"  # the dialog
PASTED, AUDIENCE = "pasted", "audience"  # its fields
ALONE, EVERYBODY = "alone", "everybody"  # who sees the answer
MOST_PASTED = 3000  # characters, Slack's limit of a field
_MOST_NAMED = 5  # files, and secrets


def unreadable(reply: UnreadableReply, say: Translator) -> MessagePayload:
    """Files that could not be read, a line each, and why."""
    lines = [
        say("triage.refused", file=_name(file.name, say), why=say(f"triage.refused.{file.reason}"))
        for file in reply.files[:_MOST_NAMED]
    ]
    more = len(reply.files) - _MOST_NAMED
    return _verbatim(message("\n".join([*lines, *([say.count("triage.more_files", more)] if more > 0 else [])])))


def leaked(reply: Leaked, say: Translator) -> MessagePayload:
    """What looked live, and what to do about it."""
    lines = [f"• {_place(secret, reply.files, say)}" for secret in reply.secrets[:_MOST_NAMED]]
    more = len(reply.secrets) - _MOST_NAMED
    lines += [say.count("log.leaked.more", more)] if more > 0 else []
    return _verbatim(message(say("log.leaked"), "\n".join(lines), say("log.leaked.advice")))


def escalated(reply: Escalated, say: Translator) -> MessagePayload:
    """The call for somebody: the one place where the bot mentions whom it was told to."""
    target = f"<!subteam^{reply.target}>" if reply.target.startswith("S") else f"<@{reply.target}>"
    return message(say("log.escalated", target=target, by=f"<@{reply.by}>"))


def note(reply: Note, say: Translator) -> MessagePayload:
    """One line for one person."""
    return message(say(f"log.note.{reply.what}"))


def paste(say: Translator, text: str, origin: str) -> dict[str, Any]:
    """The dialog to paste a log into, with *text* in it; *origin* comes back with what was pasted."""
    audience = [(say(f"log.paste.{who}"), who) for who in (ALONE, EVERYBODY)]
    blocks = [
        block_kit.text_input(PASTED, say("log.paste.label"), say("log.paste.hint"), text, MOST_PASTED),
        block_kit.choice_input(AUDIENCE, say("log.paste.audience"), audience),
    ]
    view = block_kit.modal(say("log.paste.title"), say("lookup.close"), blocks, submit=say("log.paste.submit"))
    return {"callback_id": PASTE, "private_metadata": origin, **view}


def _place(secret: Secret, files: Sequence[str], say: Translator) -> str:
    kind, name = say(f"triage.secret.{secret.kind}"), files[secret.file] if secret.file < len(files) else ""
    place = say("triage.file_line", file=_name(name, say), line=secret.line)
    return say("triage.report.secret", kind=kind, place=place)


def _verbatim(said: MessagePayload) -> MessagePayload:
    """*said* without links and channels made of what files are called."""
    for block in said["blocks"]:
        block_kit.verbatim(block)
    return said


def _name(name: str, say: Translator) -> str:
    return block_kit.escape(block_kit.shorten(name.replace("`", "'"), 100)) or say("triage.paste")
