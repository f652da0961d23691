"""Working on what the inbox holds: each kind of job by its service, seen by people through Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.replies import Renderer
from bot.commands import Triage, parse
from bot.inbox import Job
from bot.listeners.reading import Site, of_message, of_thread
from bot.listeners.slack import SlackDirectory, begun, plain_text
from bot.posting import Poster
from bot.services.annotations import Annotations, Message
from bot.services.answers import Answers
from bot.services.decisions import Sighting
from bot.services.logs import is_paste, log_files
from bot.services.replies import Answer, is_public

if TYPE_CHECKING:  # they speak by the voice that is here
    from bot.listeners.logs import Logs
    from bot.listeners.standing import Standings

_TRIAGE = ("triage", "分诊")  # whatever follows, such as “this, please”
MARK = "mag"  # the reaction that says: I know this code


class SlackVoice:
    """The bot's acts around the message of one job."""

    def __init__(self, job: Job, poster: Poster, renderer: Renderer) -> None:
        self._job = job
        self._poster = poster
        self._renderer = renderer

    async def reply(self, answer: Answer) -> str:
        """Post in the message's thread."""
        return await self._poster.post(self._job, self._renderer.message(answer.reply, answer.language))

    async def revise(self, reply: str, answer: Answer) -> None:
        """Change one of the bot's replies."""
        message = self._renderer.message(answer.reply, answer.language)
        await self._poster.update(self._job.place.channel, reply, message)

    async def withdraw(self, reply: str) -> None:
        """Delete one of the bot's replies."""
        await self._poster.delete(self._job.place.channel, reply)

    async def mark(self) -> None:
        """React to the message."""
        await self._poster.react(self._job.place.channel, self._job.ts, MARK)

    async def unmark(self) -> None:
        """Take the reaction back."""
        await self._poster.unreact(self._job.place.channel, self._job.ts, MARK)


class Worker:
    """Does the work of jobs."""

    def __init__(
        self,
        annotations: Annotations,
        answers: Answers,
        renderer: Renderer,
        poster: Poster,
        client: AsyncWebClient,
        logs: Logs,
        standings: Standings,
        own_bot: str,
    ) -> None:
        self._annotations = annotations
        self._answers = answers
        self._renderer = renderer
        self._poster = poster
        self._directory = SlackDirectory(client)
        self._logs = logs
        self._standings = standings
        self._site = Site(client, own_bot)

    async def work(self, job: Job) -> None:
        """Deal with *job*. It may be called again for the same one, after an error or a crash."""
        voice = SlackVoice(job, self._poster, self._renderer)
        sightings = tuple(Sighting(*each) for each in job.detail.get("sightings", ()))
        message = Message(job.place, job.ts, job.thread, sightings)
        match job.kind.partition(":")[0]:
            case "message" | "changed" if job.detail.get("log"):
                await self._logs.unasked(job, message, self._site)
            case "thread":
                await self._logs.asked(job, of_thread(job.thread), self._site)
            case "report":
                await self._logs.report(job, self._site)
            case "escalate":
                await self._standings.escalate(job, self._directory)
            case "message":
                await self._annotations.take(message, voice, self._directory)
            case "changed":
                await self._annotations.follow(message, voice, self._directory)
            case "deleted":
                await self._annotations.withdraw(message.spot, voice)
            case "asked":
                await self._answer(job)

    async def _answer(self, job: Job) -> None:
        """Answer somebody who spoke to the bot. What was said is asked of Slack: the inbox keeps no text."""
        message = await self._directory.message(job.place.channel, job.ts, job.thread)
        if message is None:
            return
        words = " ".join(part for part in plain_text(message.get("text", "")).split() if not part.startswith("@"))
        command = parse(words)
        is_wanted = isinstance(command, Triage) or words.lower().startswith(_TRIAGE)
        if is_wanted and job.thread != job.ts:
            await self._logs.asked(job, of_thread(job.thread), self._site)
            return
        if is_wanted or is_paste(message) or log_files(message):
            await self._logs.asked(job, of_message(job.ts, job.thread), self._site)
            return
        answer = await self._answers.to(command, job.place, self._directory)
        said = self._renderer.message(answer.reply, answer.language)
        if is_public(answer.reply) or job.place.is_direct:
            await self._poster.post(job, said)
        else:
            await self._poster.whisper(job.place, begun(job.thread, job.ts), said, lease=job.lease)
