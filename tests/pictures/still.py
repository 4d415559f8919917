"""The pictures that stand still: the console, a form, a result, a page of a report."""

import io
import random
import re
import subprocess
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from streamer_site.local.stack import PROJECT_DIR
from tests.pictures.stage import PICTURES, Stage

_YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31", "compare": "previous_year"}
_COLOURS = 256
_WELL_UNDER_WAY = re.compile(r"[3-9]\d")
_PAPER_DPI = 90
_LOOKS, _LOOK_MS = 40, 500


def take_stills(stage: Stage) -> None:
    page = stage.page(width=1360, height=850)
    report = _fill(stage, page)
    _save_page_of(stage, page, report)
    page.locator("[data-action=generate_report][data-testid=action]").click()
    page.locator("#field-start_date").fill(str(_YEAR["start_date"]))
    page.locator("#field-end_date").fill(str(_YEAR["end_date"]))
    page.get_by_test_id("form").get_by_role("heading").click()  # no field has the focus
    _shoot(page, PICTURES / "console.png")
    _shoot(page.locator("#composer"), PICTURES / "form.png")
    page.emulate_media(color_scheme="dark")
    _shoot(page, PICTURES / "console-dark.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1360, "height": 1500})
    page.locator(f"[data-request-id='{report['request_id']}']").get_by_test_id("open").click()
    expect(page.get_by_test_id("chart").first.locator("svg")).to_be_visible()
    _await_document(page.get_by_test_id("detail").locator("iframe"))
    _shoot(page.get_by_test_id("detail"), PICTURES / "result.png")
    page.close()
    _take_phone(stage)


def _fill(stage: Stage, page: Page) -> dict[str, Any]:
    """Have requests of several kinds done, leave one running, and return the state of a report."""
    stage.upload(page, "flats", _flats())
    learn = {"pipeline": "regression", "options": {"target": "rent", "seed": 1}}
    stage.submit(page, "process_data", {**learn, "data_source": {"type": "dataset", "dataset_id": "flats"}})
    items = [{"seconds": 0, "steps": 1} for _ in range(40)] + [{"seconds": -1}, {"seconds": -2}]
    stage.submit(page, "bulk_operation", {"operation": {"type": "action", "action": "delay"}, "items": items})
    report = stage.submit(page, "generate_report", {**_YEAR, "format": "pdf"})
    stage.submit(page, "delay", {"seconds": 40, "steps": 200}, wait=False)
    bar = page.get_by_role("progressbar").first
    expect(bar).to_have_attribute("aria-valuenow", _WELL_UNDER_WAY, timeout=60_000)
    return report


def _take_phone(stage: Stage) -> None:
    page = stage.page(width=390, height=780)
    page.get_by_test_id("tab-requests").click()
    expect(page.get_by_test_id("request").first).to_be_visible()
    _shoot(page, PICTURES / "console-phone.png")
    page.close()


def _save_page_of(stage: Stage, page: Page, report: dict[str, Any]) -> None:
    """Save the first page of the report as a picture."""
    pdf = stage.folder / "report.pdf"
    pdf.write_bytes(page.request.get(report["result"]["url"]).body())
    command = ["pdftoppm", "-png", "-singlefile", "-r", str(_PAPER_DPI), str(pdf), str(pdf.with_suffix(""))]
    subprocess.run(command, check=True)
    _save(Image.open(pdf.with_suffix(".png")), PICTURES / "report.png")


def _await_document(frame: Locator) -> None:
    """Wait until the browser has drawn the PDF, which tells no script: until then the frame has one colour or two."""
    for _ in range(_LOOKS):
        frame.page.wait_for_timeout(_LOOK_MS)
        # The panel may be drawn anew meanwhile, when the server has told the rest of the request.
        if (place := frame.bounding_box()) is None:
            continue
        image = Image.open(io.BytesIO(frame.page.screenshot(clip=place))).convert("RGB")
        if len(image.getcolors(image.width * image.height) or ()) > _COLOURS:
            return
    raise RuntimeError("The browser does not draw the PDF")


def _shoot(what: Page | Locator, path: Path) -> None:
    what.page.wait_for_load_state("networkidle") if isinstance(what, Locator) else what.wait_for_load_state()
    _save(Image.open(io.BytesIO(what.screenshot(animations="disabled", caret="hide"))), path)


def _save(image: Image.Image, path: Path) -> None:
    """Save it with a palette, which takes a third of the bytes and shows on no screen."""
    image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(PROJECT_DIR)}: {path.stat().st_size:,} bytes, {image.width} x {image.height}")


def _flats() -> bytes:
    """Invent 400 flats whose rent follows from area and town."""
    chance = random.Random(1)
    lines = ["rooms,area,town,rent"]
    for _ in range(400):
        rooms, town = chance.randint(1, 6), chance.choice(["Bern", "Basel", "Thun"])
        area = rooms * 18 + chance.randint(0, 15)
        lines.append(f"{rooms},{area},{town},{area * 20 + 300 * (town == 'Basel') + chance.randint(-80, 80)}")
    return "\n".join(lines).encode()
