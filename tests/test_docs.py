"""The documents: their code runs, gives what they say, and generates the source that they show."""
import re
import sys

import pytest

from docs.update import DOCUMENTS, pages, run


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_code_in_documents(path):
    text, wrong = run(path)
    assert not wrong, "\n".join(wrong)
    assert text == path.read_text(encoding="utf-8"), "if the change is meant: python -m docs.update"


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_generated_pages_are_current(path):
    if "rule-table" in path.name and sys.version_info[:2] != (3, 11):
        pytest.skip("the table is that of the oldest Python: later ones have more functions")
    assert pages()[path]() == path.read_text(encoding="utf-8"), "if the change is meant: python -m docs.update"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
