"""The PyTorch code in the text of chapter 16, run as it stands there, beside the chapter's `nnlib` cells.

Where both train, from the same parameters and with the same batches, losses and parameters agree to ten digits.
"""

import ast
import contextlib
import inspect
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from tools import form

from nnlib import NeuralNetwork, datasets
from nnlib.exercises.ch16_reading_pytorch import Value, backpropagate, computed, step_case, torch_step
from nnlib.widgets.ch16_one_step import BATCHES, GAMMA, PLACES, RATE, START, two_rounds

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

CHAPTER = Path(__file__).parents[1] / "notebooks" / "16_reading_pytorch.ipynb"
CELLS = {cell["id"]: cell for cell in json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]}
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TWINS = {"first-script": "first-run", "whole-loop": "whole-loop-run", "outside-script": "outside-run"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The chapter's code cells run in their order: id -> the network before its `fit` and after it, and `state`."""
    found, names, now, fit = {}, {}, None, NeuralNetwork.fit

    def watched(network, *given, **options):
        before = network.copy()
        history = fit(network, *given, **options)
        found[now] = before, network.copy(), names.get("state")
        return history

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setenv("NNLIB_PROGRESS", str(tmp_path_factory.mktemp("progress")))  # nobody's own answers
        patch.setattr(NeuralNetwork, "fit", watched)
        for now, cell in CELLS.items():
            if cell["cell_type"] == "code":
                exec(compile(form.source(cell), now, "exec"), names)
    return found


def arrays_of(network):
    """The parameters of a network in the order and the shapes of PyTorch's: weight, bias, weight, ..."""
    return [array for layer in network.get_parameters() for array in (layer["W"].T.copy(), layer["b"])]


def state_of(network, model):
    return {name: torch.from_numpy(array) for name, array in zip(model.state_dict(), arrays_of(network), strict=True)}


@pytest.fixture(scope="module")
def told(runs, tmp_path_factory):
    """The text's blocks of PyTorch run in one namespace: id -> what was printed, the loss of each batch, the state."""
    found, names, losses, rng = {}, {"datasets": datasets}, [], None

    def watched(loss_of):
        def loss_and_record(prediction, target, *given, **options):
            loss = loss_of(prediction, target, *given, **options)
            if torch.is_grad_enabled():  # in training
                losses.append((loss.item(), len(prediction)))
            return loss

        return loss_and_record

    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as at_last:
        at_last.callback(torch.set_default_dtype, torch.get_default_dtype())
        patch.chdir(tmp_path_factory.mktemp("files"))
        for name in ("mse_loss", "cross_entropy"):
            patch.setattr(torch.nn.functional, name, watched(getattr(torch.nn.functional, name)))
        order = torch.utils.data.RandomSampler  # what `shuffle=True` asks, once an epoch
        patch.setattr(order, "__iter__", lambda sampler: iter(rng.permutation(len(sampler)).tolist()))
        for identifier, cell in CELLS.items():
            code = "".join(text for kind, text in BLOCK.findall(form.source(cell)) if kind == "python")
            if cell["cell_type"] != "markdown" or not code:
                continue
            if twin := TWINS.get(identifier):
                before, _, state = runs[twin]
                rng, names["state"] = before._generator, state  # the order of the rows, and what the cells above made
            losses.clear()
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                for statement in ast.parse(code).body:
                    exec(compile(ast.Module([statement], []), identifier, "exec"), names)
                    if twin and ast.unparse(statement).startswith("model = "):
                        names["model"].load_state_dict(state_of(before, names["model"]))
            values = [tensor.numpy().copy() for tensor in names["model"].state_dict().values()]
            found[identifier] = printed.getvalue(), list(losses), values
    return found


def test_the_text_holds_these_blocks(told):
    assert list(told) == ["first-script", "linear-text", "whole-loop", "outside-script"]


@pytest.mark.parametrize("script", TWINS)
def test_pytorch_finds_the_losses_and_weights_of_nnlib(runs, told, script):
    before, after, _ = runs[TWINS[script]]
    _, losses, values = told[script]
    loss, rows = np.array(losses).reshape(after.epoch, -1, 2).transpose(2, 0, 1)  # an epoch a row
    mean = (loss * rows).sum(axis=1) / rows.sum(axis=1)
    np.testing.assert_allclose(mean, after.history["train_loss"], rtol=1e-10, atol=1e-10)
    moved = []
    for theirs, ours, at_first in zip(values, arrays_of(after), arrays_of(before), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-10)
        moved.append(np.abs(ours - at_first).max())
    assert min(moved) > 0.01  # or equal weights would prove nothing


def printed_by(identifier):
    return "".join(form.text(output["text"]) for output in CELLS[identifier]["outputs"] if "text" in output)


def test_pytorch_prints_what_the_text_and_the_cells_say(told):
    (said,) = [text for kind, text in BLOCK.findall(form.source(CELLS["linear-answer"])) if kind == "text"]
    assert told["linear-text"][0] == said
    assert told["whole-loop"][0] == printed_by("whole-loop-run")
    assert told["outside-script"][0] == printed_by("outside-run")
    assert told["first-script"][0] == ""


# ---- What else the chapter says of PyTorch ----------------------------------------------------------


def tensor(array):
    return torch.tensor(array, dtype=torch.float64)


@pytest.mark.parametrize("n_inputs", [2, 64])
def test_a_linear_layer_starts_uniform_on_one_over_the_root_of_its_inputs(n_inputs):
    torch.manual_seed(0)
    layers = [torch.nn.Linear(n_inputs, 50) for _ in range(40)]
    limit = 1 / np.sqrt(n_inputs)
    for name in ("weight", "bias"):
        drawn = np.concatenate([getattr(layer, name).detach().numpy().ravel() for layer in layers])
        assert 0.99 * limit < np.abs(drawn).max() <= limit * (1 + 1e-6)
        assert drawn.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)


def test_pytorch_says_of_itself_what_the_chapter_quotes():
    source = inspect.getsource(torch.nn.Linear.reset_parameters)
    assert "kaiming_uniform_(self.weight, a=math.sqrt(5))" in source
    assert "L2 penalty" in torch.optim.SGD.__doc__


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_the_step_of_the_exercise_is_pytorchs(decay):
    parameters, gradient, lr, _ = step_case(np.random.default_rng(0), 3, 4, 2, lr=0.2, weight_decay=decay)
    tensors = [torch.nn.Parameter(tensor(layer[key])) for layer in parameters for key in ("W", "b")]
    for parameter, slope in zip(tensors, [layer[key] for layer in gradient for key in ("W", "b")], strict=True):
        parameter.grad = tensor(slope)
    torch.optim.SGD(tensors, lr=lr, weight_decay=decay).step()
    ours = [layer[key] for layer in torch_step(parameters, gradient, lr, decay) for key in ("W", "b")]
    for theirs, own in zip(tensors, ours, strict=True):
        np.testing.assert_allclose(theirs.detach().numpy(), own, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("formula", ["a * b", "v = a * a; v * v + b", "u = a * b; v = u + a; w = v.tanh(); w * u"])
def test_slopes_add_up_in_leaves_as_pytorchs_do(formula):
    leaves = {"a": Value(0.4), "b": Value(-1.5)}
    tensors = {name: tensor(leaf.data).requires_grad_() for name, leaf in leaves.items()}
    for _ in range(2):
        backpropagate(computed(formula, leaves))
        loss = computed(formula, tensors)
        loss.backward()
    assert [leaf.grad for leaf in leaves.values()] == pytest.approx(
        [tensors[name].grad.item() for name in leaves], abs=1e-14
    )
    if "tanh" in formula:
        with pytest.raises(RuntimeError, match="second time"):
            loss.backward()


def test_a_second_walk_over_sums_alone_runs():
    a = tensor(3.0).requires_grad_()
    loss = a + a
    loss.backward()
    loss.backward()
    assert a.grad.item() == 4


def test_zero_grad_leaves_none_and_no_grad_records_nothing():
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    assert layer.weight.grad is None
    layer(torch.ones(3, 2)).sum().backward()
    assert layer.weight.grad is not None
    optimizer.zero_grad()
    assert layer.weight.grad is None
    before = layer.weight.clone()
    optimizer.step()
    assert torch.equal(layer.weight, before), "between backward and step, zero_grad leaves nothing to go by"
    with torch.no_grad():
        assert layer(torch.ones(3, 2)).grad_fn is None
    assert layer(torch.ones(3, 2)).grad_fn is not None


def test_a_scheduler_in_the_inner_loop_ends_where_the_chapter_says():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
    for _ in range(59 * 3):
        optimizer.step()
        scheduler.step()
    rate = optimizer.param_groups[0]["lr"]
    assert f"after each batch: epoch 59 begins at {rate:.5f}" in printed_by("scheduler-indented")


def test_cross_entropy_of_probabilities_is_what_the_chapter_says():
    labels = torch.tensor([3])
    logits = 20 * torch.nn.functional.one_hot(labels, 10).double()
    loss_fn = torch.nn.CrossEntropyLoss()
    loss, twice = loss_fn(logits, labels).item(), loss_fn(torch.nn.Softmax(dim=1)(logits), labels).item()
    said = re.findall(r"\d\.\d\d", printed_by("softmax-twice"))
    assert said == [f"{loss:.2f}", f"{twice:.2f}"] and "1.46" in said


@pytest.mark.parametrize("zero", PLACES)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_the_live_figure_holds_what_pytorch_holds_after_each_line(zero, momentum, decay):
    layer = torch.nn.Linear(1, 1, dtype=torch.float64)
    with torch.no_grad():
        layer.weight[:], layer.bias[:] = START["W"], START["b"]
    optimizer = torch.optim.SGD(layer.parameters(), lr=RATE, momentum=momentum, weight_decay=decay)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=GAMMA)
    states = iter(two_rounds(zero, momentum, decay))

    def compare():
        state = next(states)
        grads = [None if p.grad is None else p.grad.item() for p in (layer.weight, layer.bias)]
        assert grads == pytest.approx([None, None] if state["grad"] is None else list(state["grad"].values()))
        assert [layer.weight.item(), layer.bias.item()] == pytest.approx([state["W"], state["b"]])
        kept = [optimizer.state[p].get("momentum_buffer") for p in (layer.weight, layer.bias)]
        velocity = [None, None] if kept[0] is None else [each.item() for each in kept]
        assert velocity == pytest.approx(
            [None, None] if state["velocity"] is None else list(state["velocity"].values())
        )
        assert optimizer.param_groups[0]["lr"] == pytest.approx(state["rate"])
        return state

    compare()
    for X, y in BATCHES:
        X, y = tensor(X)[:, None], tensor(y)[:, None]
        compare()
        prediction = layer(X)
        assert compare()["A"] == pytest.approx(prediction.detach().numpy()[:, 0])
        loss = torch.nn.functional.mse_loss(prediction, y)
        assert compare()["loss"] == pytest.approx(loss.item())
        lines = [lambda: zero == "left out" or optimizer.zero_grad(), loss.backward]
        for line in lines[::-1] if zero == "after backward()" else lines:
            line()
            compare()
        optimizer.step()
        compare()
    scheduler.step()
    compare()
    assert next(states, None) is None
