"""``python -m playbook.report``: make the reports of the last run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from playbook import writable_folder
from playbook.errors import PlaybookError, gravest

REPORTS = writable_folder("reports")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the requested reports and return the exit code; print one line for each failure.

    0 done, 2 wrong or missing input or an unwritable place, 3 Allure's command is not available.
    """
    chosen = _parser().parse_args(arguments)
    codes = []
    for report in chosen.report or ["page", "allure"]:
        try:
            print(_build(report, chosen))
        except PlaybookError as error:
            print(f"playbook report: {error}", file=sys.stderr)
            codes.append(error.exit_code)
        except OSError as error:
            print(f"playbook report: {error.filename}: {error.strerror}", file=sys.stderr)
            codes.append(2)
    return gravest(codes)


def _build(report: str, chosen: argparse.Namespace) -> Path:
    if report == "page":
        from playbook.report.page import verdict as verdict_page

        return verdict_page.build(chosen.verdict, chosen.page)

    from playbook.report.allure import html as allure_html

    return allure_html.build(chosen.results, chosen.allure, chosen.history)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m playbook.report", description=__doc__)
    parser.add_argument(
        "report", nargs="*", choices=("page", "allure"), help="which one (default: both)"
    )
    for name, default, description in (
        ("results", "allure-results", "what pytest --alluredir wrote"),
        (
            "verdict",
            "verdict.json",
            "what pytest --verdict, or check or walk with --json, wrote",
        ),
        ("allure", "allure-report", "the directory of the Allure report, replaced as a whole"),
        ("page", "verdict.html", "the single page"),
        ("history", "history", "the directory with the results of former runs"),
    ):
        parser.add_argument(
            f"--{name}", type=Path, default=REPORTS / default, metavar="PATH", help=description
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
