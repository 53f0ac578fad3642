"""What stands in for other processors: the runs that `make test-processors` plans, and the rounding of its own."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tools import processors

AVX_512 = ["X86_V3", "X86_V4", "AVX512_ICL"]


@pytest.mark.parametrize(
    "name, features, lacking",
    [
        ("Prescott", AVX_512, "X86_V3 X86_V4 AVX512_ICL"),
        ("Sandybridge", ["X86_V3"], "X86_V3"),
        ("Haswell", AVX_512, "X86_V4 AVX512_ICL"),
        ("Zen", AVX_512, ""),
        ("SkylakeX", AVX_512, ""),
    ],
)
def test_an_emulated_processor_lacks_what_the_real_one_lacks(name, features, lacking):
    run = processors.emulated(name, 2, [], features)
    assert run.environment["OPENBLAS_CORETYPE"] == name
    assert run.environment["NPY_DISABLE_CPU_FEATURES"] == lacking
    assert run.environment["COURSE_THREADS"] == run.environment["OPENBLAS_NUM_THREADS"] == "2"


def test_every_processor_is_planned():
    planned = list(processors.planned(False, AVX_512))
    assert {(run.name, run.threads) for run in planned} >= {(name, n) for name in processors.PROCESSORS for n in (1, 2)}
    assert all(run.arguments is processors.ALL for run in planned)


def test_for_every_day_the_oldest_processor_is_planned():
    (run,) = processors.planned(True, AVX_512)
    assert run.name == "Prescott" and "tests" in run.arguments
    # and the chapters as it, with the newest versions
    assert f"make test-versions PROCESSORS={run.name}" in (processors.ROOT / ".ci" / "run").read_text()


def test_what_is_left_out_exists():
    for name in processors.LEFT_OUT:
        assert (processors.TESTS / f"test_{name}.py").exists(), name


def test_a_processor_that_cannot_be_emulated_is_named():
    run = processors.emulated("SkylakeX", 1, [], [])
    assert processors.obstacle(run, {"kernel": "SkylakeX"}, None) is None
    said = processors.obstacle(run, {"kernel": "Haswell"}, "Haswell")
    assert said == "NOT RUN: OpenBLAS takes the code of Haswell here, as Haswell above"
    assert processors.obstacle(run, {}, None) == "NOT RUN: this machine lacks its instructions"
    assert processors.obstacle(processors.emulated("Prescott", 1, [], []), {"kernel": "Katmai"}, None) is None


def test_what_another_processor_ran_is_not_run_twice():
    """Zen takes Haswell's code of OpenBLAS; where NumPy has AVX-512 the two still differ."""
    run = processors.emulated("Zen", 1, [], AVX_512)
    assert processors.obstacle(run, {"kernel": "Haswell"}, None) is None
    said = processors.obstacle(run, {"kernel": "Haswell"}, "Haswell")
    assert said == "NOT RUN: all that it runs here is what Haswell runs above"
    assert processors.obstacle(processors.moved(1, []), {"kernel": "Haswell"}, "Haswell") is None


def test_a_look_tells_what_runs():
    for threads in (1, 2):
        seen = processors.Run("this machine", threads, []).look()
        assert seen["threads"] in (None, threads) and seen["kernel"]


@pytest.mark.long
def test_a_red_run_is_red_in_the_table(tmp_path, monkeypatch, capsys):
    test = tmp_path / "test_red.py"
    test.write_text("import pytest\n\n\n@pytest.mark.long\ndef test_red():\n    assert 0.309 == 0.336\n")
    run = processors.moved(1, ["-n0", f"-c{processors.ROOT / 'pyproject.toml'}", str(test)])
    monkeypatch.setattr(processors, "planned", lambda quick, features: [run])
    assert processors.main([]) == 1
    printed = capsys.readouterr().out
    assert "assert 0.309 == 0.336" in printed
    assert printed.strip().splitlines()[-1].split()[:2] == ["rounding", "1"]
    assert printed.strip().endswith("1 failed")


# ---- rounding ---------------------------------------------------------------------------------------

PRODUCTS = """
rng = np.random.default_rng(0)
A, B = rng.normal(size=(3, 5, 4)), rng.normal(size=(3, 4, 2))
results = [(A @ B).tolist(), np.dot(A[0], B[0]).tolist(), np.tanh(A).tolist(), (A.astype("f") @ B.astype("f")).tolist()]
assert [(A @ B).tolist(), np.dot(A[0], B[0]).tolist()] == results[:2]  # the same bits twice
assert ((-A) @ B).tolist() == (-(A @ B)).tolist() and (A @ (4 * B)).tolist() == (4 * (A @ B)).tolist()
assert (np.array([[0, 1], [1, 1.5]]) @ [[2.0], [3.0]]).tolist() == [[3.0], [6.5]]  # exact on every processor
assert np.abs(np.tanh(np.linspace(-30, 30, 1001))).max() == 1
"""
XOR = """
from nnlib import NeuralNetwork, datasets
results = []
for rate in (0.1, 1.0):
    layers = [{"n_inputs": i, "n_neurons": o, "activation": "tanh"} for i, o in ((2, 4), (4, 1))]
    nn = NeuralNetwork(layers, learning_rate=rate, seed=0)
    results.append(nn.fit(*datasets.xor(), epochs=1000, batch_size=4)["train_loss"][-1])
"""


def results(code, seed):
    """What `code` leaves in `results` in a process of its own, rounded by the processor (seed "") or otherwise."""
    environment = {**processors.moved(seed, []).environment, "COURSE_ROUNDING": str(seed)}
    code = f"import json, numpy as np\n{code}\nprint(json.dumps(results))"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rounding_moves_only_the_last_digits():
    for plain, one, other in zip(*(results(PRODUCTS, seed) for seed in ("", 1, 2)), strict=True):
        plain, one, other = map(np.array, (plain, one, other))
        np.testing.assert_allclose(one, plain, rtol=1e-6)
        assert 0.1 < np.mean(one != plain) < 0.9 and 0.1 < np.mean(one != other) < 0.9


@pytest.mark.long
def test_rounding_shows_which_digits_chaos_decides():
    """XOR at the rate 1 ends at a loss of 0.0356 here and 0.0358 there, at the rate 0.1 everywhere at 0.0012."""
    ends = np.array([results(XOR, seed) for seed in ("", 1, 2)])
    assert np.ptp(ends[:, 0]) < 1e-9
    assert np.ptp(ends[:, 1]) > 1e-5
