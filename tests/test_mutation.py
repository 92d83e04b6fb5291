"""The tool that breaks symgrad on purpose: its mutants are programs, and are known again when lines have moved."""
import pickle
import subprocess
import sys

import pytest

from tests.mutation.__main__ import explanations
from tests.mutation.mutants import ROOT, Mutant, numbered, of_module, sampled
from tests.mutation.survey import WHOLE, Survey

FILE = ROOT / "transform" / "mincut.py"


@pytest.fixture(scope="module")
def found():
    return list(of_module(FILE))


def test_mutants_are_programs_of_as_many_lines(found):
    text = FILE.read_text()
    for m in found:
        compile(m.text(), m.file, "exec")
        assert m.text() != text and m.text().count("\n") == text.count("\n"), m.name


def test_names_do_not_depend_on_lines(found, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.mutation.mutants.ROOT", tmp_path)
    moved = tmp_path / "transform" / "mincut.py"
    moved.parent.mkdir()
    moved.write_text("# one line more\n" + FILE.read_text())
    again = list(of_module(moved))
    assert [(m.name, m.digest) for m in again] == [(m.name, m.digest) for m in found]
    assert all(m.lines[0] == n.lines[0] + 1 for m, n in zip(again, found))


def test_a_sample_starts_with_each_file():
    every = [Mutant(f"rules/{file}.py", "f", str(k)) for file, n in (("a", 3), ("b", 90), ("c", 1)) for k in range(n)]
    order = sampled(every, 1)
    assert {m.file for m in order[:3]} == {"rules/a.py", "rules/b.py", "rules/c.py"} and len(order) == 94
    assert order == sampled(every[::-1], 1) != sampled(every, 2)


def test_what_is_explained_is_a_mutant():
    explained = explanations()
    made = {m.name for path in sorted({name.split(" ")[0] for name in explained}) for m in numbered(of_module(ROOT / path))}
    assert not explained.keys() - made and all(explained.values())


def test_a_survey_does_not_know_functions_that_were_added_later(found):
    """Else what tests surveyed before do not reach, as it was not there, looks as if no test reached it."""
    old, new = ({(m.file, m.function): m.digest for m in some} for some in ([m for m in found if m.function != "Network.edge"], found))
    assert len(new) == len(old) + 1
    survey = Survey(["test_before"], [0.1], {(FILE.name, "Network.edge", WHOLE): 0}, digests=old)
    assert not survey.knows(found) and survey.knows(m for m in found if m.function != "Network.edge")
    assert Survey(digests=new).knows(found) and not Survey().knows(found)


def test_the_survey_sees_what_a_doctest_runs_of_its_own_module(tmp_path):
    every = list(of_module(ROOT / "rules" / "user.py"))
    task, output = tmp_path / "task", tmp_path / "output"
    task.write_bytes(pickle.dumps(("survey", ["symgrad/rules/user.py::symgrad.rules.user.rule"], every, output)))
    subprocess.run([sys.executable, "-W", "ignore", "-m", "tests.mutation", "--task", task], cwd=ROOT.parent,
                   stdout=subprocess.DEVNULL, check=False)
    known = Survey.load(output)
    assert len(known.tests) == 1 and known.places["rules/user.py", "rule", WHOLE]
