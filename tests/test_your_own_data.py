"""Appendix A2: what its prose says of the penguins and no cell prints, and what a check must not stumble over."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nnlib import datasets
from nnlib.exercises import exercises, judge

BIRDS = datasets.penguins()
NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "A2_your_own_data.ipynb"
CELLS = {cell["id"]: "".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]}


def grams(species):
    masses = BIRDS["Body Mass (g)"][np.char.startswith(BIRDS["Species"], species)]
    return masses[masses != "NA"].astype(float)


def test_284_of_the_333_tested_birds_fit_the_rule_of_the_ids():
    tested = BIRDS["Sex"] != "NA"
    fits = np.char.endswith(BIRDS["Individual ID"], "A1") == (BIRDS["Sex"] == "FEMALE")
    assert (np.sum(fits & tested), np.sum(tested)) == (284, 333) and round(100 * 284 / 333) == 85
    assert "284 of the 333 tested birds" in CELLS["three-more"] and "That is 85%" in CELLS["three-more"]


def test_a_light_gentoo_weighs_more_than_most_adelies():
    assert np.mean(grams("Adelie") < grams("Gentoo").min()) > 0.5
    assert "a light Gentoo weighs more than most Adelies" in CELLS["question-answer"]


def test_only_adelies_live_on_torgersen():
    assert set(BIRDS["Species"][BIRDS["Island"] == "Torgersen"]) == {"Adelie Penguin (Pygoscelis adeliae)"}


def test_what_a_nest_shares_cannot_tell_its_two_birds_apart():
    nests = np.array([" ".join(each) for each in zip(BIRDS["studyName"], BIRDS["Species"], BIRDS["Individual ID"])])
    nests = np.array([nest[:-2] for nest in nests])
    for nest in np.unique(nests):
        for name in ("Island", "Date Egg", "Clutch Completion"):
            assert len(set(BIRDS[name][nests == nest])) == 1, nest


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        (["1", "2.5", "-3e-4", ".5", "NA"], "number"),
        (["1,5", "2"], "number with a decimal comma"),
        (["inf", "1"], "word"),
        (["1_000", "2"], "word"),
        (["a", "a", ""], "constant"),
        ([""], "constant"),
        (["a", "b"], "word"),
        ([f"N{k}" for k in range(30)], "id or prose"),
        (["yes", "no"] * 30, "word"),
    ],
)
def test_what_a_column_seems_to_hold(entries, kind):
    names = {"np": np, "re": re}
    exec(CELLS["kinds"], names)
    assert names["kind_of"](np.array(entries)) == kind


def test_an_array_of_texts_is_judged():
    """As that of a reader who returns the names of the groups, or forgets `float`."""

    def held_names(groups, fraction, rng):
        names = np.unique(groups)
        return rng.permutation(names)[: round(fraction * len(names))]

    verdict = judge(exercises()["split_groups"], held_names)
    assert verdict.state == "wrong" and "names of the held groups" in verdict.words
    verdict = judge(exercises()["to_numbers"], lambda texts, gap_words: texts)
    assert verdict.state == "wrong"


@pytest.mark.parametrize(
    "draw",
    [
        lambda n, n_held, rng: rng.permutation(np.arange(n) < n_held),
        lambda n, n_held, rng: np.isin(np.arange(n), rng.choice(n, n_held, replace=False)),
        lambda n, n_held, rng: rng.random(n) < n_held / n,
    ],
)
def test_rows_drawn_in_any_way_are_said_to_tear_groups(draw):
    verdict = judge(
        exercises()["split_groups"], lambda groups, fraction, rng: draw(len(groups), round(fraction * len(groups)), rng)
    )
    assert verdict.words.startswith("Rows are drawn here, not groups") and "gives a split that tears groups" in str(
        verdict
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_split_depends_on_the_names_and_not_on_the_order_of_the_rows(seed):
    split_groups = exercises()["split_groups"].solution
    groups = np.repeat(["a", "b", "c", "d", "e"], [1, 2, 3, 2, 1])
    order = np.random.default_rng(seed).permutation(len(groups))
    held = split_groups(groups, 0.4, np.random.default_rng(seed))
    assert np.array_equal(held[order], split_groups(groups[order], 0.4, np.random.default_rng(seed)))
