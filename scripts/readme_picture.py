"""Make README's first picture again: LVMH's demo, with pictures of a walk.

``tox -e picture`` starts a throw-away environment, resets LVMH, walks through it, and puts three of
the walk's pictures side by side. It needs a browser, as the walk does (docs/walk.md).
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from playbook import PROJECT, clock
from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.pristine import bundles, seeds
from playbook.reset.run import Reset
from playbook.verdict.model import GO
from playbook.verdict.run_features import Walking, check
from playbook.walk.browser import browser, require_browser

PICTURE = PROJECT / "docs" / "images" / "lvmh-demo.png"
SHOWN = ("lvmh-1-home.jpg", "lvmh-3-livesale.jpg", "lvmh-5-analytics.jpg")
WIDTH, GAP = 390, 24
"""The width of a phone's page, and the gap between two pages, in CSS pixels."""
PAGE = f"""<!doctype html><style>
body {{ margin: 0; padding: {GAP}px; display: flex; gap: {GAP}px; background: #eee6dc; }}
img {{ width: {WIDTH}px; display: block; }}
</style>"""


def main() -> int:
    require_browser()
    loaded = seeds.load()
    bundle = bundles.find(loaded, "lvmh")
    with tempfile.TemporaryDirectory() as folder:
        shots = Path(folder)
        with start(seeds=loaded) as settings, Environment(settings) as environment:
            Reset(environment, loaded, shots / "backups").reset(bundle, access=clock.now())
            walking = Walking(alone=True, shots=shots, root=shots / "backups")
            verdict = check(environment, loaded, [bundle], walking=walking)
        if verdict.verdict != GO:
            print("no picture, because the demo is NO-GO: playbook walk lvmh --embedded says why")
            return 1
        side_by_side([shots / name for name in SHOWN], PICTURE)
    print(PICTURE)
    return 0


def side_by_side(pictures: list[Path], target: Path) -> None:
    """Put pictures of phones beside each other in one PNG."""
    images = "".join(
        f'<img src="data:image/jpeg;base64,{base64.b64encode(one.read_bytes()).decode()}">'
        for one in pictures
    )
    width = len(pictures) * (WIDTH + GAP) + GAP
    with browser() as (_, opened):
        page = opened.new_page(viewport={"width": width, "height": 100})
        page.set_content(PAGE + images, wait_until="load")
        page.screenshot(path=target, full_page=True)


if __name__ == "__main__":
    sys.exit(main())
