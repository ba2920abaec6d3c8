"""Put the playbook beside the Allure report, and make the report's links to it work.

Allure 3 opens only absolute links and shows others as plain text, but a report on a disk has no
absolute address. So the playbook is put beside it as a page, and a few lines of script in the
report open it at the section of a link.
"""

from __future__ import annotations

import json
from itertools import pairwise

from markdown_it import MarkdownIt
from markupsafe import Markup

from playbook.report.page import render
from playbook.report.playbook_lines import PLAYBOOK, anchor_of, places

NAME = "playbook.html"


def page() -> str:
    """The playbook as HTML, its headings anchored as in ``docs/playbook.md``."""
    missing = "This installation has no copy of the playbook."
    text = PLAYBOOK.read_text(encoding="utf-8") if PLAYBOOK.is_file() else missing
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for opening, title in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor_of(title.content))
    html = markdown.renderer.render(tokens, markdown.options, {})
    # The renderer has escaped the text.
    return render.render_template("playbook.html.j2", text=Markup(html))


def with_links_to_playbook(report: str) -> str:
    """An Allure report (HTML) in which a link to the playbook opens the page beside the report."""
    anchors = {place.link_name: f"{NAME}#{place.anchor}" for place in places().values()}
    # "</script>" in a text would end the script, so "<" is escaped.
    links = json.dumps(anchors, ensure_ascii=False).replace("<", "\\u003c")
    script = render.source("links.js").replace("__LINKS__", links)
    before, end, after = report.rpartition("</body>")
    return f"{before}<script>{script}</script>\n{end}{after}"
