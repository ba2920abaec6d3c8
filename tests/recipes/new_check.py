"""Follow CONTRIBUTING's recipe of a new check in a copy of the project.

The check is "journal": the last run that changed the demo is a finished one.
"""

from __future__ import annotations

from pathlib import Path

from tests.recipes.recipes import replace

CHECK = "journal"
BROKEN_RUN = "the journal says that the last run is broken"
"""The name of the check's fault."""


def require_check(project: Path) -> None:
    """The last step: a bundle without the check is NO-GO."""
    checks = project / "playbook" / "verdict" / "checks.py"
    replace(checks, r'^( +)"showcase": .*$', rf'\g<0>\n\1"{CHECK}": "the last run",')


def add_check(project: Path) -> None:
    """Its feature, facts, steps, and the facts' test of it."""
    playbook = project / "playbook"
    feature = project / "features" / "checklist" / f"{CHECK}.feature"
    feature.write_text(FEATURE, encoding="utf-8")
    (playbook / "facts" / f"{CHECK}.py").write_text(FACTS, encoding="utf-8")
    (project / "steps" / f"{CHECK}.py").write_text(STEPS, encoding="utf-8")
    demo = playbook / "facts" / "demo.py"
    replace(
        demo, r"^from playbook.facts.leads", rf"from playbook.facts.{CHECK} import LastRun\n\g<0>"
    )
    replace(demo, r"^    @cached_property\n    def leads", rf"{PROPERTY}\g<0>")
    facts_tests = project / "tests" / "facts" / "test_facts.py"
    replace(facts_tests, r"^ALL = \(", rf"{ROWS}\g<0>{CHECK.upper()}, ")


def add_fault(project: Path) -> None:
    """The recipe "Add a fault", for the new check."""
    path = project / "tests" / "faults" / "catalogue" / f"{CHECK}.py"
    path.write_text(FAULT, encoding="utf-8")


FEATURE = f"""@check-{CHECK} @severity-medium
Feature: Journal: the demo was prepared to the end

  Background:
    Given the investor's demo

  @stored
  Scenario: The last run finished
    Then the last run of the demo is finished
"""

FACTS = '''"""What the journal says about the bundle's last run."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.facts.findings import Finding
from playbook.facts.reading import Reading


class LastRun:
    """``demo.last_run.unfinished``"""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def unfinished(self) -> Iterator[Finding]:
        """The last run, if it is not done."""
        run = self._reading.last_run or {}
        if run.get("status") != "done":
            yield Finding("the last run", "done", run.get("status"))
'''

PROPERTY = """    @cached_property
    def last_run(self) -> LastRun:
        return LastRun(self.reading)

"""

STEPS = '''"""Journal: the demo was prepared to the end."""

from __future__ import annotations

from pytest_bdd import then

from playbook.facts import Demo
from playbook.facts.findings import expect_none


@then("the last run of the demo is finished")
def last_run_is_finished(demo: Demo) -> None:
    expect_none(demo.last_run.unfinished)
'''

ROWS = f"""JOURNAL: list[Case] = [
    ("lvmh", "{CHECK}", "the last run: expected “done”, found “broken”",
     lambda i: i.last_run.update(status="broken")),
]

"""

FAULT = f'''"""Journal: the demo was prepared to the end."""

from __future__ import annotations

from tests.faults.fault import KEYS, Listed
from tests.faults.verbs import updated

fault = Listed("{CHECK}")

fault("{BROKEN_RUN}", "wrong value", "Mongo", "sequoia", "the last run",
      updated("demo_resets", {{"bundle": KEYS["sequoia"]}}, {{"$set": {{"status": "broken"}}}}))
'''
