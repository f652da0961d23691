"""Run triages in threads."""

from __future__ import annotations

import time
from io import BytesIO

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.policy.noise_rules import Sighting
from bot.policy.triage_pool import TriagePool, sightings_in_files
from bot.triage.cascades import open_cascades
from bot.triage.reader import LogFile, ReadLimits


@pytest.mark.parametrize(("has_text", "codes"), [(False, [6000106, 6009999]), (True, [6009999])])
async def test_codes_in_files_count_as_the_authors_own(catalogue: Catalogue, has_text: bool, codes: list[int]) -> None:
    """An attached log is explained by the same rules; the message's own text was judged before."""
    pool = TriagePool(catalogue, open_cascades(), ReadLimits(), time.monotonic)
    sources = [
        LogFile("", lambda: BytesIO(b"login failed, errorCode: 6000106\n")),
        LogFile("zim.log", lambda: BytesIO(b"login failed, errorCode: 6009999\n")),
    ]
    digest = await pool.read(sources)
    assert sightings_in_files(digest, has_text=has_text) == tuple(Sighting(code, False, "") for code in codes)
