"""The report in a browser: at no width does anything stick out or lie over something else."""

import json
import re
import shutil
import subprocess

import pytest

from report import render

pytestmark = pytest.mark.slow
LOOK = """<script>
addEventListener("load", () => {
  const seen = each => each.getClientRects().length > 0;
  const box = each => each.getBoundingClientRect();
  const outside = (a, b) => a.right > b.right + 1 || a.left < b.left - 1;
  const across = (a, b) => a.left < b.right - 1 && b.left < a.right - 1;
  const meet = (a, b) => across(a, b) && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  const out = [], over = [];
  for (const card of document.querySelectorAll(".card"))
    for (const each of card.querySelectorAll("text, td, h3, p, span, summary"))
      if (seen(each) && outside(box(each), box(card))) out.push(each.textContent);
  for (const drawing of document.querySelectorAll("svg")) {
    const texts = [...drawing.querySelectorAll("text")].filter(seen);
    texts.forEach((one, i) => texts.slice(i + 1).forEach(other => {
      if (meet(box(one), box(other))) over.push(one.textContent + " | " + other.textContent);
    }));
  }
  const texts = document.querySelectorAll("svg text").length;
  const wide = document.documentElement.scrollWidth;
  parent.postMessage(JSON.stringify({ width: innerWidth, wide, out, over, texts }), "*");
});
</script>"""
FRAME = """<!doctype html><body style="margin: 0"><script>
addEventListener("message", message => document.body.dataset.found = message.data);
</script><iframe style="border: 0" width="{width}" height="2000" src="{page}"></iframe>"""
"""A window has a least width, a frame has none."""


@pytest.fixture(scope="module")
def page(filled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    topic = dict.fromkeys(("published", "stored"), 123_456) | {"topic": "coincap.markets"}
    topic |= dict.fromkeys(("dead_lettered", "missing", "duplicates", "wrong"), 0)
    summary = {"topics": [topic], "stages": [{"name": "Spark", "seconds": 41.5}]}
    made = render(filled, folder / "report.html", summary=summary | {"peak_memory_mib": 4312.5})
    looked = folder / "looked.html"
    looked.write_text(made.path.read_text("utf-8").replace("</body>", f"{LOOK}</body>"), "utf-8")
    return looked


@pytest.mark.parametrize("width", [400, 1000, 1600])
def test_nothing_sticks_out_and_no_text_lies_over_another(width, page, tmp_path):
    chromium = shutil.which("chromium") or pytest.skip("chromium is not on the PATH")
    command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={tmp_path}/profile", "--virtual-time-budget=5000", "--dump-dom"]
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(width=width, page=page.as_uri()), "utf-8")
    done = subprocess.run(
        [*command, frame.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    said = re.search(r'data-found="([^"]*)"', done.stdout)[1].replace("&quot;", '"')
    found = json.loads(said)
    assert found["width"] == width
    assert found["texts"] > 100
    assert found["wide"] <= width
    assert found["out"] == []
    assert found["over"] == []
