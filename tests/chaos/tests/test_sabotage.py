"""The matrix can fail: with a part of the product taken out, it says what is wrong."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos import ground, trial
from tests.chaos.cells import all_cells
from tests.chaos.ground import Ground
from tests.chaos.load import Load
from tests.chaos.trial import Options, Result, try_cell

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]

# Lays one more wrapper over the injection, in every process of the stack.
SABOTEUR = """
import importlib.util

spec = importlib.util.spec_from_file_location("original", {original!r})
original = importlib.util.module_from_spec(spec)
spec.loader.exec_module(original)
original._WRAPPERS.setdefault({module!r}, {{}})[{name!r}] = {wrapper}
"""
NO_FENCE = "lambda _: property(lambda claim: __import__('django.db.models').db.models.Q())"
NO_RULE = "lambda rules: tuple(rule for rule in rules if rule.name != 'lost attempts')"


def try_sabotaged(monkeypatch: pytest.MonkeyPatch, folder: Path, cell: str, **sabotage: str) -> Result:
    folder.mkdir()
    original = str(ground._INJECT / "sitecustomize.py")
    (folder / "sitecustomize.py").write_text(SABOTEUR.format(original=original, **sabotage))
    monkeypatch.setattr(ground, "_INJECT", folder)
    (chosen,) = (one for one in all_cells() if one.name == cell)
    with Ground() as stack:
        return asyncio.run(try_cell(chosen, stack, Options()))


def test_it_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the fence, a worker that was frozen goes on writing when another one has its request."""
    sabotage = {"module": "jobs.queue.claims", "name": "Claim.fence", "wrapper": NO_FENCE}
    result = try_sabotaged(monkeypatch, tmp_path / "inject", "freeze@mid-run", **sabotage)
    assert not result.is_good
    assert any("messages of an attempt that had lost it" in problem for problem in result.problems)


def test_a_lost_request_that_nobody_looks_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    until_ended = Load.until_ended

    async def until_one_is_left(load: Load, seconds: float) -> bool:
        while sum(not stream.ended for stream in load.streams) > 1:
            await asyncio.sleep(0.1)
        return await until_ended(load, seconds)

    monkeypatch.setattr(Load, "until_ended", until_one_is_left)
    monkeypatch.setattr(trial, "_END_SECONDS", 5.0)
    sabotage = {"module": "jobs.sweeper.rules", "name": "RULES", "wrapper": NO_RULE}
    result = try_sabotaged(monkeypatch, tmp_path / "inject", "both-kill@mid-run", **sabotage)
    assert result.balance.lost == 1
    assert any("did not end" in problem for problem in result.problems)
