"""Exercises of chapter 12: what the state of a training run is."""

import contextlib
import copy
import inspect
import io
import json
import pickle
import re
import shutil
import tempfile
import zipfile
from functools import cache, partial
from pathlib import Path

import numpy as np

from nnlib.exercises import chapter, edited, mistakes
from nnlib.exercises.engine import attempt

exercise = chapter("12", "save, load, resume")


def layers(rng, *sizes, dtype=np.float64):
    """Parameters [{'W', 'b'}, ...] of a network of these sizes, biases not zero."""
    pairs = zip(sizes, sizes[1:])
    return [{"W": rng.normal(size=(i, o)).astype(dtype), "b": rng.normal(size=o).astype(dtype)} for i, o in pairs]


def folder():
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # Windows keeps a file that is still open


# ---- recall -----------------------------------------------------------------------------------------

exercise(
    name="updates_of_80_by_8",
    recall=True,
    title="The updates of an epoch",
    solution=10,
    wrong=[
        (8, "8 is the number of rows in a batch. Every batch makes one update."),
        (80, "80 updates would be one for each row: batches of one."),
        (1, "One update an epoch is the full batch. Here the rows are dealt into batches of 8."),
    ],
    hints=["Every batch makes one update. How many batches of 8 are there in 80 rows?"],
    holds="80 / 8 = 10 batches, and an update for each.",
)

exercise(
    name="epoch_kept",
    recall=True,
    title="The epoch whose weights are kept",
    solution="best",
    wrong=[("last", "By the last epoch the validation loss is long above its lowest; `keep_best` keeps that one.")],
    hints=["Training stops only when the validation loss has not improved for some epochs. Which weights do you want?"],
    holds="The best one's: training stops too late on purpose, so the weights must have been kept on the way.",
)

exercise(
    name="weights_of_seed_0",
    recall=True,
    title="Two networks from one seed",
    solution="equal",
    wrong=[("different", "Random numbers are computed: from one seed come the same numbers, in the same order.")],
    hints=["Why do all figures of this course look the same whenever you run them?"],
    holds="Equal, to the last bit: a seed fixes every number that its generator will ever draw.",
)


# ---- save_parameters --------------------------------------------------------------------------------


def save_parameters(path, parameters):
    arrays = {}
    for k, layer in enumerate(parameters, start=1):
        arrays[f"W{k}"] = layer["W"]
        arrays[f"b{k}"] = layer["b"]
    np.savez(path, **arrays)


def save_parameters_in_one_line(path, parameters):
    np.savez(path, **{f"{key}{k + 1}": layer[key] for k, layer in enumerate(parameters) for key in "Wb"})


def save_parameters_compressed(path, parameters):
    arrays = dict()
    for i in range(len(parameters)):
        arrays.update({"W" + str(i + 1): parameters[i]["W"], "b" + str(i + 1): parameters[i]["b"]})
    np.savez_compressed(path, **arrays)


def save_two_layers(path, parameters):
    first, second = parameters[0], parameters[1]
    np.savez(path, W1=first["W"], b1=first["b"], W2=second["W"], b2=second["b"])


def save_first_and_last(path, parameters):
    save_two_layers(path, [parameters[0], parameters[-1]])


def save_in_every_round(path, parameters):
    for k, layer in enumerate(parameters, start=1):
        np.savez(path, **{f"W{k}": layer["W"], f"b{k}": layer["b"]})


def save_pickled(path, parameters):
    Path(path).write_bytes(pickle.dumps(parameters))


def save_by_position(path, parameters):
    np.savez(path, *[layer[key] for layer in parameters for key in "Wb"])


def file_of(save_parameters, parameters):
    """What is in the file that it writes: {name: array}."""
    with folder() as place:
        path = Path(place) / "parameters.npz"
        save_parameters(path, [{"W": np.ones((1, 1)), "b": np.ones(1)}] * 13)  # what is saved next has to replace it
        if not path.exists():
            others = "".join(f", but there is {other.name}" for other in Path(place).iterdir())
            raise FileNotFoundError(f"there is no file at `path`{others}")
        save_parameters(path, parameters)
        if not zipfile.is_zipfile(path):
            raise ValueError("what stands at `path` is no .npz file")
        with np.load(path, allow_pickle=False) as file:
            return {name: entry(file, name) for name in file.files}


def entry(file, name):
    try:
        return file[name]
    except ValueError:
        raise ValueError(f"the entry {name} is a pickle of Python objects") from None


def entries(path):
    """The entries of an .npz file, each with the start of its bytes, where its type stands."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        return [(name.removesuffix(".npy"), str(archive.read(name)[:40])) for name in names]


exercise(
    title="Write the parameters of a network to an .npz file",
    solution=save_parameters,
    cases=lambda rng: [
        (layers(rng, 2, 3, 1),),
        (layers(rng, 1, 2),),
        (layers(rng, 3, 2, 4, 2),),
        (layers(rng, *[1] * 12),),
        (layers(rng, 2, 2, 1, dtype=np.float32),),
    ],
    use=file_of,
    also_right=[save_parameters_in_one_line, save_parameters_compressed],
    wrong=mistakes(
        lambda path, parameters: np.savez(path, parameters),
        "NumPy has made one array of Python objects out of what it was given, and pickled it. Give it the arrays "
        "themselves, each with a name; `**` hands over the entries of a dict in this way.",
        lambda path, parameters: np.savez(path, parameters=parameters),
        "The list went in as one entry, `parameters`, an array of Python objects, pickled. Give each array a name "
        "of its own: `W1`, `b1`, `W2`, ...",
        lambda path, parameters: np.savez(path, **{f"layer{k}": p for k, p in enumerate(parameters, 1)}),
        "Each dict went in whole, as an array of Python objects, pickled. Save the arrays inside the dicts, each "
        "under a name of its own.",
        save_by_position,
        "Without names NumPy calls them `arr_0`, `arr_1`, and nobody knows which is which. Build a dict of names "
        "and hand it over with `**`.",
        save_in_every_round,
        "Each call of `np.savez` replaces the file, so the last layer is all that is left. Collect the arrays "
        "first, then save once.",
        lambda path, parameters: np.savez(path, W1=parameters[0]["W"], b1=parameters[0]["b"]),
        "Only the first layer is in the file.",
        lambda path, parameters: path.exists() or save_parameters(path, parameters),
        "A file that is there already stays as it is. What is saved now has to replace what was saved before.",
        lambda path, parameters: np.save(path, parameters),
        "`np.save` writes a single array, here one of Python objects, and puts `.npy` behind the name. `np.savez` "
        "writes several, each with a name.",
        save_two_layers,
        "It saves two layers, however many there are. Go through the list with a loop.",
        save_first_and_last,
        "It saves the first and the last layer, however many there are. Go through the list with a loop.",
        edited(save_parameters, 'f"W{k}"', '"W{k}"', 'f"b{k}"', '"b{k}"'),
        "The names are literally `W{k}` and `b{k}`: the `f` before the quotes is missing.",
        save_pickled,
        "The file is a pickle. It should be an archive of named arrays, as `np.savez` writes it.",
    ),
    hints=[
        "`np.savez(path, W1=..., b1=...)` wants one named array after the other, but how many there are is only known "
        "when the function runs. So collect them in a dict of name -> array first.",
        "A function that is called with `**arrays` gets every entry of the dict as a named argument. The names are "
        'strings such as `f"W{k}"`, with k from 1.',
        'In a loop over `enumerate(parameters, start=1)`: `arrays[f"W{k}"] = layer["W"]`, the same for b; after the '
        "loop `np.savez(path, **arrays)`.",
    ],
    holds="You now have parameters that outlive the kernel, every bit of them.",
    in_nnlib="storage.save",
)


# ---- load_parameters --------------------------------------------------------------------------------


def load_parameters(path):
    with np.load(path, allow_pickle=False) as file:
        n_layers = len(file.files) // 2
        return [{"W": file[f"W{k}"], "b": file[f"b{k}"]} for k in range(1, n_layers + 1)]


def load_parameters_until_none_is_left(path):
    file = np.load(path)
    parameters, k = [], 1
    while f"W{k}" in file.files:
        parameters.append({"W": file[f"W{k}"], "b": file[f"b{k}"]})
        k += 1
    file.close()
    return parameters


def load_parameters_by_number(path):
    with np.load(path) as file:
        numbers = sorted(int(name[1:]) for name in file.files if name.startswith("W"))
        return [{key: file[f"{key}{k}"] for key in ("W", "b")} for k in numbers]


def loading(numbers=lambda n: range(1, n + 1), layer=lambda file, k: {"W": file[f"W{k}"], "b": file[f"b{k}"]}):
    """A load_parameters with one thing changed."""

    def load(path):
        with np.load(path) as file:
            return [layer(file, k) for k in numbers(len(file.files) // 2)]

    return load


def load_as_dict(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def load_flat(path):
    with np.load(path) as file:
        return [file[name] for name in file.files]


def load_sorted(path):
    with np.load(path) as file:
        names = sorted(file.files)  # W1, W10, W11, W2, ..., b1, b10, ...
        half = len(names) // 2
        return [{"W": file[W], "b": file[b]} for W, b in zip(names[:half], names[half:])]


def load_in_the_order_of_the_file(path):
    with np.load(path) as file:
        names = file.files
        return [{"W": file[W], "b": file[b]} for W, b in zip(names[::2], names[1::2])]


def load_as_they_come(path):
    with np.load(path) as file:
        return [{"W": file[name], "b": file["b" + name[1:]]} for name in file.files if name.startswith("W")]


def loading_by_digit(numbers):
    """A load_parameters that takes the number of a layer from the second letter of its name."""

    def load(path):
        with np.load(path) as file:
            found = [int(name[1]) for name in file.files if name.startswith("W")]
            return [{"W": file[f"W{k}"], "b": file[f"b{k}"]} for k in numbers(found)]

    return load


def load_unpickling(path):
    with np.load(path, allow_pickle=True) as file:
        n_layers = len(file.files) // 2
        return [{"W": file[f"W{k}"], "b": file[f"b{k}"]} for k in range(1, n_layers + 1)]


@cache  # to write a file takes longer than to read it
def archive(*entries):
    """The bytes of an .npz file with these entries, each (name, bytes, dtype, shape)."""
    stream = io.BytesIO()
    np.savez(stream, **{name: np.frombuffer(raw, dtype).reshape(shape) for name, raw, dtype, shape in entries})
    return stream.getvalue()


@cache
def archive_with_a_pickle():
    stream = io.BytesIO()
    np.savez(stream, W1=np.array([None]), b1=np.zeros(1))
    return stream.getvalue()


ORDERS = {
    "W1, b1, W2, b2, ...": lambda pairs: [entry for pair in pairs for entry in pair],
    "the last layer first": lambda pairs: [entry for pair in pairs[::-1] for entry in pair],
    "all backward": lambda pairs: [entry for pair in pairs[::-1] for entry in pair[::-1]],
}


def read(load_parameters, path):
    found = load_parameters(path)
    if hasattr(found, "files"):  # an opened file, which does not outlive the folder
        found.close()
        return "the opened file"
    return found


def loaded(load_parameters, parameters, order):
    """What it reads from a file with these parameters, and whether it refuses a file with a pickle in it."""
    arrays = ORDERS[order]([[(f"{key}{k}", p[key]) for key in "Wb"] for k, p in enumerate(parameters, start=1)])
    written = [(name, array.tobytes(), array.dtype.str, array.shape) for name, array in arrays]
    with folder() as place:
        path = Path(place) / "parameters.npz"
        path.write_bytes(archive(("W1", bytes(8), "<f8", (1, 1)), ("b1", bytes(8), "<f8", (1,))))
        read(load_parameters, path)  # what the path holds later is another file
        path.write_bytes(archive(*written))
        found = read(load_parameters, path)
        foreign = Path(place) / "foreign.npz"
        foreign.write_bytes(archive_with_a_pickle())
        try:
            load_parameters(foreign)
            refused = False
        except ValueError:
            refused = True
    return {"parameters": found, "a file with a pickle in it is refused": refused}


exercise(
    title="Read the parameters of a network from an .npz file",
    solution=load_parameters,
    cases=lambda rng: [
        (layers(rng, 2, 3, 1), "W1, b1, W2, b2, ..."),
        (layers(rng, 1, 2), "W1, b1, W2, b2, ..."),
        (layers(rng, 3, 2, 4, 2), "all backward"),
        (layers(rng, *[1] * 12), "W1, b1, W2, b2, ..."),
        (layers(rng, 2, 2, 1, dtype=np.float32), "the last layer first"),
    ],
    use=loaded,
    also_right=[load_parameters_until_none_is_left, load_parameters_by_number],
    wrong=mistakes(
        load_unpickling,
        "It unpickles whatever is in the file, and that may run code. Leave `allow_pickle` at False.",
        load_as_dict,
        "This is a dict of all arrays by name. Return the list that was saved, with a dict for each layer.",
        load_flat,
        "This is one long list of arrays. Return a list of dicts, `W` and `b` of a layer together.",
        lambda path: np.load(path),
        "`np.load` gives the opened file. Take the arrays out of it by their names.",
        loading(layer=lambda file, k: {"W": file[f"b{k}"], "b": file[f"W{k}"]}),
        "Weights and biases have changed places.",
        loading(numbers=lambda n: range(1, n)),
        "The last layer is missing: `range(1, n)` ends before n.",
        loading(numbers=lambda n: range(n)),
        "It asks for `W0`. The numbers begin at 1.",
        loading(numbers=lambda n: range(1, 3)),
        "It reads two layers, however many there are. Count them in `file.files`.",
        loading(numbers=lambda n: range(1, 2 * n + 1)),
        "It asks for too many: `file.files` counts the weights and the biases, so there are half as many layers.",
        load_sorted,
        "Sorted as strings, `W10` comes before `W2`. Count with a number and build the name from it.",
        loading_by_digit(sorted),
        "`name[1]` is one digit of `W10`. The number of the layer is all that follows the letter: `name[1:]`.",
        loading_by_digit(lambda found: range(1, max(found) + 1)),
        "Of `W10`, `name[1]` is one digit, so it never counts beyond 9. Take `name[1:]`.",
        load_in_the_order_of_the_file,
        "It trusts the order of the entries in the file. The names are what says where an array belongs.",
        load_as_they_come,
        "The layers come in the order in which they stand in the file. Their numbers say which is the first.",
        loading(numbers=lambda n: range(1, 2)),
        "Only the first layer comes back: is the `return` inside the loop?",
    ),
    hints=[
        "`with np.load(path) as file:` opens it. `file.files` is the list of the names, two of them for each layer.",
        'With k from 1 up to the number of layers, the arrays are `file[f"W{k}"]` and `file[f"b{k}"]`.',
        "The number of layers is `len(file.files) // 2`; append a dict with the keys `W` and `b` for each k from 1 to "
        "that number.",
    ],
    holds="You now have the way back: parameters from a file, equal in every bit, and no code run on the way.",
    in_nnlib="storage.load",
)


# ---- generator_from ---------------------------------------------------------------------------------


def generator_from(state):
    rng = np.random.default_rng()
    rng.bit_generator.state = state
    return rng


def generator_from_its_class(state):
    source = getattr(np.random, state["bit_generator"])()
    source.state = state
    return np.random.Generator(source)


def generator_from_a_copy(state):
    rng = np.random.Generator(np.random.PCG64(0))
    rng.bit_generator.state = dict(state)
    return rng


def generator_that_forgets(state):
    rng = np.random.default_rng(0)
    rng.bit_generator.state["state"] = state["state"]
    return rng


def with_the_position_of(state, rng):
    """`rng` at the position of the state, with its own `inc`."""
    own = rng.bit_generator.state
    own["state"]["state"] = state["state"]["state"]
    rng.bit_generator.state = own
    return rng


notebook_rng = np.random.default_rng(0)


def used_generator(seed, draws, small=0):
    """The state of a generator that has drawn before. A small integer takes half of a number of 64 bits."""
    rng = np.random.default_rng(seed)
    rng.random(draws)
    for _ in range(small):
        rng.integers(0, 6, dtype=np.int32)
    return rng.bit_generator.state


def has_the_position_alone(rng, state):
    own = rng.bit_generator.state if isinstance(rng, np.random.Generator) else {}
    if own.get("bit_generator") != state["bit_generator"]:
        return False
    return own["state"]["state"] == state["state"]["state"] and own["state"]["inc"] != state["state"]["inc"]


def draws_of(generator_from, state):
    """What the generator draws next, be it the first or the second one from this state."""
    rng = generator_from(state)
    if rng is None:
        return None
    if has_the_position_alone(rng, state):
        return {"the next draws": ["those of another `inc`"], "after": state["state"]["state"] % 1000}
    small = [int(rng.integers(0, 1000, dtype=np.int32)) for _ in range(3)]
    draws = [*small, *rng.random(3), *rng.permutation(6).tolist()]
    one, other = generator_from(state), generator_from(state)
    if one is other:
        draws = ["those of one generator, handed out again and again"]
    elif one.random() != other.random():
        draws = ["others each time"]
    return {"the next draws": draws, "after": state["state"]["state"] % 1000}


exercise(
    title="A generator that goes on where another one stood",
    solution=generator_from,
    cases=lambda rng: [
        (used_generator(6, 3),),  # seeds that nobody takes: `inc` belongs to the seed
        (used_generator(7, 0),),
        (used_generator(8, 100, small=1),),
        (used_generator(9, 10, small=2),),
    ],
    use=draws_of,
    also_right=[generator_from_its_class, generator_from_a_copy],
    wrong=mistakes(
        lambda state: np.random.default_rng(),
        "This generator is fresh, and another one each time: the state has not reached it. "
        "`rng.bit_generator.state` hands out a copy, so writing into that changes nothing; assign the whole dict.",
        generator_that_forgets,
        "This generator is fresh, the same whatever the state: the state has not reached it. "
        "`rng.bit_generator.state` hands out a copy, so writing into that changes nothing; assign the whole dict.",
        lambda state: np.random.default_rng(state["state"]["state"]),
        "A state is no seed. `default_rng(number)` stirs the number into a new start; set "
        "`rng.bit_generator.state` instead.",
        lambda state: with_the_position_of(state, np.random.default_rng(0)),
        "`state` alone is not all of it: `inc` belongs to the state too. Assign the whole dict.",
        edited(generator_from, "= state", '= state | {"has_uint32": 0, "uinteger": 0}'),
        "`has_uint32` and `uinteger` belong to the state as well: half of a number that is still to be handed out.",
        lambda state: generator_from(state).bit_generator,
        "This is the source of the bits inside a generator. Return the generator around it.",
        lambda state: state,
        "This is the state itself. Return a generator in that state.",
        edited(generator_from, "np.random.default_rng()", "notebook_rng"),
        "Each call sets back the same generator, that of the notebook, so two runs would draw from one. Make a "
        "new one inside the function.",
        lambda state: np.random.default_rng(state),
        "`default_rng` takes a seed, not a state. Make any generator first, then give it the state.",
    ),
    hints=[
        "Two steps: make any generator, then put the state into it.",
        "`rng.bit_generator.state` can be read, and it can be assigned to as well.",
        "`rng = np.random.default_rng()`, then `rng.bit_generator.state = state`, then return the generator.",
    ],
    holds="You now have a generator that goes on as if it had never been interrupted.",
)


# ---- rest and checkpointing: what both say ----------------------------------------------------------

KINDS = {
    "epoch": (int, np.integer),
    "batch_size": (int, np.integer),
    "learning_rate": (float, np.floating),
    "gamma": (float, np.floating),
}
NO_PAIR = "It is not a pair of functions."
NO_FILE = "There is no file at the path."
MORE_FILES = "There is more than one file."
PICKLED = "There is a pickle in the file."
NOT_A_DICT = "What comes back is no run."
MISSING = "`{}` does not come back."
MORE_KEYS = "More comes back than went in."
FEWER_LAYERS = "Not every layer comes back."
ALL_COUNTED = "It looks for more layers than there are."
CHANGED = "`{}` is not what it was."
AS_ARRAY = "`{}` comes back as an array of shape ()."
NO_LIST = "`{}` comes back as something other than a list."
OTHER_ORDER = "The layers come back in another order."
NOT_REPLACED = "The file holds what was saved there before."
SHARED = "Two calls return the same object for `{}`."
UNPICKLES = "`resume` unpickles what is in the file."
NO_TEXT = "What the first function returns is no string."
RUNS_TEXT = "`eval` or `exec` runs a string as code."
FROM_MEMORY = "It comes back from memory."
STATE_FOR_RNG = "The state of the generator comes back in place of a generator."
NO_GENERATOR = "What comes back under `rng` is no generator, so nothing can be drawn from it."
OTHER_DRAWS = "The generator does not go on where it stood."
ROUNDED = "The parameters are rounded."
TOUCHED = "The run itself is changed."
ADVICE = {
    NO_PAIR: "Hand over both functions: `check(checkpointing=(checkpoint, resume))`.",
    NO_FILE: "`checkpoint` has written no file to `path`. The path is a parameter: use it as it comes.",
    MORE_FILES: "`checkpoint` wrote more than one file. A crash between two of them leaves parts that don't fit "
    "together; put everything into the one at `path`.",
    PICKLED: "There is a pickle in the file: something other than an array of numbers or a string went into it. "
    "`json.dumps` turns the small things into one string.",
    NOT_A_DICT: "`resume` must return a run: a dict with the keys of the one that was saved.",
    NO_LIST.format("losses"): "`losses` must come back as a list, since `go_on` appends to it: `.tolist()`.",
    NO_LIST.format("activations"): "`activations` went in as a list and comes back as something else: `list(...)`.",
    OTHER_ORDER: "The layers come back in another order. Sorted as strings, `W10` comes before `W2`: count with a "
    "number, and build the name from it.",
    NOT_REPLACED: "A second save to the same path leaves the file as it was. A long run saves to one path again and "
    "again, and the file has to hold the newest.",
    SHARED.format("rng"): "Two calls return the same generator, so what one draws is missing in the other. "
    "Make a new one inside the function.",
    RUNS_TEXT: "`eval` runs whatever stands in the file, as a pickle does. `json.loads` reads numbers, strings, lists "
    "and dicts, and runs nothing.",
    UNPICKLES: "`resume` unpickles what it finds: a file with a program in it would have run here. Leave "
    "`allow_pickle` at False, and take the string out with `.item()`.",
    MORE_KEYS: "The dict that comes back has more keys than the one that went in. What was needed on the way only must "
    "come out again: `run.pop(key)` removes an entry and returns it.",
    FEWER_LAYERS: "Not every layer comes back. Go through the list with a loop, and count the layers in the file.",
    CHANGED.format("learning_rate"): "`learning_rate` comes back as another number: every digit of it counts.",
    ALL_COUNTED: "`load_parameters` counts all entries of the file, and yours holds more than parameters. Count the "
    "names that begin with W.",
    FROM_MEMORY: "What comes back has changed with what happened after the run was saved: it comes from memory, or "
    "from a file elsewhere. After a crash there is only the file at `path`, and it may have been moved.",
    STATE_FOR_RNG: 'The state comes back as a dict under `"rng"`. Put it into a generator: `generator_from`.',
    OTHER_DRAWS: "The next draws are different: the generator was made anew. Save `rng.bit_generator.state`.",
    ROUNDED: "The parameters come back rounded: saved as float32, or as a string with too few digits.",
    TOUCHED: "The function changes the run that it is given, and the run has to go on afterwards. Build a dict of "
    "your own.",
    MISSING.format("rng"): "The generator does not come back: its state is missing in the file, or in the dict.",
    MISSING.format("epoch"): "The epoch number does not come back, so the schedule would start again.",
    MISSING.format("losses"): "The history does not come back: `losses` is missing.",
    MISSING.format("gamma"): "The schedule does not come back: `gamma` is missing.",
    MISSING.format("learning_rate"): "The initial rate does not come back: `learning_rate` is missing.",
    MISSING.format("batch_size"): "`batch_size` does not come back. With another one the batches are others.",
    MISSING.format(
        "activations"
    ): "`activations` does not come back, and without it nobody knows what the numbers mean.",
    MISSING.format("parameters"): "`parameters` does not come back.",
    CHANGED.format(
        "parameters"
    ): "The parameters come back in another form. They are a list of dicts, with every array "
    "in its shape, its type and its place.",
    CHANGED.format("epoch"): "`epoch` comes back as another number than the one that was saved.",
    CHANGED.format(
        "losses"
    ): "`losses` comes back with other numbers. A string keeps a float exactly if all its digits "
    "are written, as `json.dumps` does.",
    AS_ARRAY.format("epoch"): "`np.load` gives a number back as an array of shape (): take it out with "
    '`int(file["epoch"])`, or keep it in the JSON string.',
    AS_ARRAY.format("learning_rate"): "`learning_rate` comes back as an array of shape (). Take the number out with "
    "`float(...)`; powers of arrays may be rounded differently.",
}


def example_run(rng):
    """A run that has done three epochs, as chapter 12 keeps it, and a generator that is in the middle."""
    rng_of_the_run = np.random.default_rng(4)
    rng_of_the_run.permutation(7)
    rng_of_the_run.integers(0, 6, dtype=np.int32)
    return {
        "parameters": layers(rng, 2, 3, 4, 1),
        "activations": ["tanh", "tanh", "linear"],
        "learning_rate": 0.1,
        "gamma": 0.97,
        "batch_size": 10,
        "epoch": 3,
        "losses": [float(loss) for loss in rng.uniform(size=3) / 3],
        "rng": rng_of_the_run,
    }


def holds_pickle(path):
    """Whether a file is a pickle, or an archive of arrays with one in it."""
    if zipfile.is_zipfile(path):
        return any("'|O'" in start for _, start in entries(path))
    start = path.read_bytes()[:80]
    return start.startswith(b"\x80") or (start.startswith(b"\x93NUMPY") and b"'|O'" in start)


def changed_parameters(wanted, got):
    """What is wrong with parameters that came back, else None."""
    if isinstance(got, list | tuple) and len(got) < len(wanted):
        return FEWER_LAYERS
    try:
        pairs = [(w[key], g[key]) for w, g in zip(wanted, got, strict=True) for key in ("W", "b")]
    except Exception:
        return CHANGED.format("parameters")
    if any(not isinstance(g, np.ndarray) or g.shape != w.shape for w, g in pairs):
        return CHANGED.format("parameters")
    if all(w.dtype == g.dtype and np.array_equal(w, g) for w, g in pairs):
        return None
    if sorted(w.tobytes() for w, _ in pairs) == sorted(g.tobytes() for _, g in pairs):
        return OTHER_ORDER
    close = all(np.allclose(w, g, rtol=1e-3, atol=1e-3) for w, g in pairs)
    return ROUNDED if close else CHANGED.format("parameters")


def changed_entry(key, wanted, got):
    """What is wrong with an entry of the run that came back, else None."""
    if key == "parameters":
        return changed_parameters(wanted, got)
    if key == "rng":
        if isinstance(got, dict):
            return STATE_FOR_RNG
        if not isinstance(got, np.random.Generator):
            return NO_GENERATOR
        return None if got.bit_generator.state == wanted.bit_generator.state else OTHER_DRAWS
    if isinstance(got, np.ndarray) and got.shape == ():
        return AS_ARRAY.format(key)
    if isinstance(wanted, list) and not isinstance(got, list):
        return NO_LIST.format(key)
    return None if isinstance(got, KINDS.get(key, list)) and got == wanted else CHANGED.format(key)


def first_difference(wanted, got):
    if not isinstance(got, dict):
        return NOT_A_DICT
    for key in wanted:
        if key not in got:
            return MISSING.format(key)
        if (words := changed_entry(key, wanted[key], got[key])) is not None:
            return words
    return MORE_KEYS if len(got) > len(wanted) else None


def counts_all_entries(error, path):
    """Whether an error says that the layer after the last one was asked for, in a file with other entries too."""
    asked = re.match(r"W(\d+) is not a file", str(error.args[0])) if isinstance(error, KeyError) else None
    if asked is None or not zipfile.is_zipfile(path):
        return False
    names = [name for name, _ in entries(path)]
    tables = {name for name in names if re.fullmatch(r"W\d+", name)}
    return tables == {f"W{k}" for k in range(1, int(asked[1]))} and len(names) > 2 * len(tables)


def runs(rng):
    """Runs to save one after the other: in the middle, with eleven layers, before epoch 0, and without a history."""
    middle = example_run(rng)
    yield middle
    yield middle | {"parameters": layers(rng, *[1] * 12), "activations": ["tanh"] * 11}
    yield start_of_a_run(rng) | {"learning_rate": 0.123456789, "gamma": 2 / 3}
    yield middle | {"parameters": layers(rng, 2, 2), "activations": ["tanh"], "epoch": 180, "losses": []}


def start_of_a_run(rng):
    one_layer = {"parameters": layers(rng, 3, 2), "activations": ["linear"]}
    return example_run(rng) | one_layer | {"epoch": 0, "losses": [], "rng": np.random.default_rng(6)}


def names_in(function):
    """The names that a function uses, and those in the functions beside it which it calls."""
    codes, names = [getattr(function, "__code__", None)], set()
    for code in filter(None, codes):
        names |= set(code.co_names)
        near = [function.__globals__.get(name) for name in code.co_names]
        near = [f.__code__ for f in near if inspect.isfunction(f) and f.__module__ == function.__module__]
        inner = [constant for constant in code.co_consts if inspect.iscode(constant)]
        codes += [more for more in inner + near if more not in codes]
    return names


def shared(one, other):
    """The key under which two runs hold the same object, one that training changes; else None."""
    if one is other or one["rng"] is other["rng"]:
        return "rng"
    if one["losses"] is other["losses"]:
        return "losses"
    pairs = zip(one.get("parameters", ()), other.get("parameters", ()))
    return "parameters" if any(np.shares_memory(a[key], b[key]) for a, b in pairs for key in ("W", "b")) else None


def judged(pair, words, work, explain=lambda error, second: None, folders=()):
    """None if a pair of functions does its work; else what is wrong: work(first, second) says it, or an error does."""
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(map(callable, pair)):
        return NO_PAIR
    if any(map(attempt.is_unwritten, pair)):
        raise NotImplementedError
    names = set().union(*map(names_in, pair))
    if "pickle" in names:
        return PICKLED
    if names & {"eval", "exec"}:
        return RUNS_TEXT
    at_work = None

    def call(number, *given):
        nonlocal at_work
        at_work = number
        return pair[number](*given)

    try:
        return work(partial(call, 0), partial(call, 1))
    except NotImplementedError:
        raise
    except Exception as error:
        if found := explain(error, at_work == 1):
            return found
        where = attempt.place_of(error, pair[at_work])
        where = f" in {where}" if where else ""
        told = str(error)
        for path, name in folders:
            told = told.replace(str(path), name)
        return f"`{words[at_work]}` raises {type(error).__name__}{where}. Python says: {told}".rstrip(".") + "."


def goes_on(pair, rng):
    """None if what `resume` reads is what `checkpoint` was given; else what is not."""
    with folder() as place:
        path = Path(place) / "saved" / "run.npz"
        path.parent.mkdir()
        return judged(
            pair,
            ("checkpoint", "resume"),
            lambda checkpoint, resume: what_is_lost(checkpoint, resume, path, rng),
            explain=lambda error, second: ALL_COUNTED if second and counts_all_entries(error, path) else None,
            folders=((path, "path"), (place, "the folder")),
        )


def what_is_lost(checkpoint, resume, path, rng):
    """Save several runs to one path and read each; then see whether what was read depends on anything but the file."""
    before = None
    for run in runs(rng):
        earlier, before = before, copy.deepcopy(run)
        old = path.read_bytes() if earlier else None
        checkpoint(path, run)
        if first_difference(before, run):
            return TOUCHED
        if not path.exists():
            return NO_FILE
        if len(list(path.parent.iterdir())) > 1:
            return MORE_FILES
        if holds_pickle(path):
            return PICKLED
        if path.read_bytes() == old:
            return NOT_REPLACED
        found = resume(path)
        if words := first_difference(before, found):
            return FROM_MEMORY if earlier and not first_difference(earlier, found) else words
    moved, later = path.parent.parent / "moved" / "copy.npz", path.parent.parent / "later" / "run.npz"
    for file in (moved, later):
        file.parent.mkdir()
    shutil.copyfile(path, moved)
    for layer in run["parameters"]:  # the run goes on and is saved elsewhere; the first file stays as it is
        layer["W"] += 1
        layer["b"] += 1
    run["losses"].append(0.1)
    run["rng"].random(2)
    run["epoch"] += 1
    found["rng"].random()
    checkpoint(later, run)
    one, other = resume(moved), resume(moved)
    if first_difference(before, one):
        return FROM_MEMORY
    if key := shared(one, other):
        return SHARED.format(key)
    checkpoint(path, one)  # what came from a file can be saved again
    if words := first_difference(before, resume(path)):
        return words
    return UNPICKLES if runs_what_it_reads(resume, path) else None


class Trap:
    """An object that leaves a trace when it is unpickled."""

    sprung = []

    def __reduce__(self):
        return spring, ()


def spring():
    Trap.sprung.append(True)


def runs_what_it_reads(resume, path):
    """Whether it unpickles the entries of an archive; every entry of the file at the path becomes a pickle."""
    if not zipfile.is_zipfile(path):
        return False
    trap = np.array(Trap(), dtype=object)
    np.savez(path, **{name: trap for name, _ in entries(path)})
    Trap.sprung.clear()
    with contextlib.suppress(Exception):
        resume(path)
    return bool(Trap.sprung)


# ---- rest -------------------------------------------------------------------------------------------

WORDS_OF_REST = ("rest_to_text", "rest_from_text")


def without_parameters(run):
    return {key: value for key, value in run.items() if key != "parameters"}


def rest_goes_on(pair, rng):
    """None if the text holds all of a run but its parameters; else what is lost."""
    return judged(pair, WORDS_OF_REST, lambda to_text, from_text: what_the_text_loses(to_text, from_text, rng))


def what_the_text_loses(to_text, from_text, rng):
    every = []
    for run in runs(rng):
        before = copy.deepcopy(run)
        text = to_text(run)
        if first_difference(before, run):
            return TOUCHED
        if not isinstance(text, str):
            return NO_TEXT
        if words := first_difference(without_parameters(before), from_text(text)):
            return words
        every.append((before, text))
    before, text = every[0]
    one, other = from_text(text), from_text(text)
    if first_difference(without_parameters(before), one):
        return FROM_MEMORY
    if key := shared(one, other):
        return SHARED.format(key)
    return None


def rest_to_text(run):
    """All of a run but its parameters, as one string."""
    rest = {key: value for key, value in run.items() if key not in ("parameters", "rng")}
    rest["state"] = run["rng"].bit_generator.state
    return json.dumps(rest)


def rest_from_text(text):
    """The dict that was written to the text, with a generator in the right state."""
    rest = json.loads(text)
    rng = np.random.default_rng()
    rng.bit_generator.state = rest.pop("state")
    return rest | {"rng": rng}


def rest_to_text_by_name(run):
    names = ("activations", "learning_rate", "gamma", "batch_size", "epoch", "losses")
    return json.dumps([[run[name] for name in names], run["rng"].bit_generator.state])


def rest_from_text_by_name(text):
    names = ("activations", "learning_rate", "gamma", "batch_size", "epoch", "losses")
    values, state = json.loads(text)
    return dict(zip(names, values)) | {"rng": generator_from(state)}


def rest_to_lines(run):
    """One line for each entry."""
    plain = without_parameters(run) | {"rng": run["rng"].bit_generator.state}
    return "\n".join(f"{key} {json.dumps(value)}" for key, value in plain.items())


def rest_from_lines(text):
    rest = {}
    for line in text.splitlines():
        key, value = line.split(" ", 1)
        rest[key] = json.loads(value)
    rest["rng"] = generator_from(rest["rng"])
    return rest


def with_rest_changed(change):
    """A pair that is right but for the dict that comes back."""

    def from_text(text):
        rest = rest_from_text(text)
        return change(rest) or rest

    return rest_to_text, from_text


def rest_without(key):
    def drop(rest):
        del rest[key]

    return with_rest_changed(drop)


def source_of(name, *functions, imports="import json\n"):
    """What `solution()` shows: the text of some functions, of which the last two are the answer."""
    first, second = functions[-2:]
    answer = f"{name} = ({first.__name__}, {second.__name__})\n"
    return "\n\n".join([imports, *map(inspect.getsource, functions), answer])


exercise(
    name="rest",
    title="All of a run but its parameters, as a string and back",
    solution=(rest_to_text, rest_from_text),
    verify=rest_goes_on,
    also_right=[(rest_to_text_by_name, rest_from_text_by_name), (rest_to_lines, rest_from_lines)],
    wrong=[
        *mistakes(
            (rest_to_text, 3),
            "Hand over both functions: `check(rest=(rest_to_text, rest_from_text))`.",
            (without_parameters, lambda rest: rest),
            "`rest_to_text` returns something other than a string. `json.dumps` makes a string of a dict.",
            with_rest_changed(lambda rest: rest | {"state": rest["rng"].bit_generator.state}),
            "The dict that comes back has more keys than the seven that went in. What was needed on the way only must "
            "come out again: `rest.pop(key)` removes an entry and returns it.",
            with_rest_changed(lambda rest: rest | {"rng": np.random.default_rng(4)}),
            "The next draws are different: the generator was made anew. Write `rng.bit_generator.state` to the string.",
            with_rest_changed(lambda rest: rest | {"rng": rest["rng"].bit_generator.state}),
            ADVICE[STATE_FOR_RNG],
            with_rest_changed(lambda rest: rest | {"rng": with_the_state_of(rest["rng"])}),
            ADVICE[SHARED.format("rng")],
            (rest_to_text, edited(rest_from_text, "json.loads", "eval")),
            ADVICE[RUNS_TEXT],
        ),
        *(
            (rest_without(key), ADVICE[MISSING.format(key)])
            for key in without_parameters(example_run(np.random.default_rng(0)))
        ),
    ],
    hints=[
        "`json.dumps` takes six of the seven entries as they are. Only the generator needs a stand-in: its state.",
        "Build a dict of your own from the run, without `parameters` and `rng`; add the state under a name, and return "
        "`json.dumps` of it. The way back: `json.loads`, then a generator from the state.",
        '`rest = {key: run[key] for key in run if key not in ("parameters", "rng")}`, then '
        '`rest["state"] = run["rng"].bit_generator.state`. Back: `my_generator_from(rest.pop("state"))`.',
    ],
    holds="You now have everything but the arrays in a string, and out of it: no digit and no draw is lost.",
    code=source_of("rest", rest_to_text, rest_from_text),
)


# ---- checkpointing ----------------------------------------------------------------------------------


def checkpoint(path, run):
    """Write the whole run to the file at path: arrays as they are, all the rest as one text."""
    arrays = {}
    for k, layer in enumerate(run["parameters"], start=1):
        arrays[f"W{k}"], arrays[f"b{k}"] = layer["W"], layer["b"]
    np.savez(path, rest=rest_to_text(run), **arrays)


def resume(path):
    """The run that was written to the file at path."""
    with np.load(path, allow_pickle=False) as file:
        run = rest_from_text(file["rest"].item())
        n_layers = sum(name.startswith("W") for name in file.files)
        run["parameters"] = [{"W": file[f"W{k}"], "b": file[f"b{k}"]} for k in range(1, n_layers + 1)]
    return run


def checkpoint_as_text(path, run):
    """All of it as one JSON text: Python writes each float with as many digits as it takes to come back exactly."""
    plain = {key: value for key, value in run.items() if key not in ("parameters", "rng")}
    plain["parameters"] = [{key: layer[key].tolist() for key in ("W", "b")} for layer in run["parameters"]]
    plain["rng"] = run["rng"].bit_generator.state
    Path(path).write_text(json.dumps(plain))


def resume_from_text(path):
    run = json.loads(Path(path).read_text())
    run["parameters"] = [{key: np.array(layer[key]) for key in ("W", "b")} for layer in run["parameters"]]
    run["rng"] = generator_from(run["rng"])
    return run


def checkpoint_piece_by_piece(path, run):
    arrays = {f"{key}{k}": layer[key] for k, layer in enumerate(run["parameters"]) for key in "Wb"}
    numbers = {key: run[key] for key in ("learning_rate", "gamma", "batch_size", "epoch", "losses", "activations")}
    np.savez(path, state=json.dumps(run["rng"].bit_generator.state), **arrays, **numbers)


def resume_piece_by_piece(path):
    with np.load(path) as file:
        run = {key: float(file[key]) for key in ("learning_rate", "gamma")}
        run |= {key: int(file[key]) for key in ("batch_size", "epoch")}
        run |= {"losses": file["losses"].tolist(), "activations": file["activations"].tolist()}
        pairs = range(sum(name.startswith("W") for name in file.files))
        run["parameters"] = [{"W": file[f"W{k}"], "b": file[f"b{k}"]} for k in pairs]
        return run | {"rng": generator_from(json.loads(str(file["state"])))}


def checkpoint_in_two(path, run):
    """The arrays in one file, all the rest in another one beside it."""
    save_parameters(path, run["parameters"])
    rest = {key: value for key, value in run.items() if key not in ("parameters", "rng")}
    path.with_suffix(".json").write_text(json.dumps(rest | {"rng": run["rng"].bit_generator.state}))


def resume_from_two(path):
    rest = json.loads(path.with_suffix(".json").read_text())
    return rest | {"parameters": load_parameters(path), "rng": generator_from(rest["rng"])}


def checkpoint_in_three_entries(path, run):
    """The arrays, a text for the state, and a text for the rest: two entries more than parameters."""
    arrays = {f"{key}{k}": layer[key] for k, layer in enumerate(run["parameters"], start=1) for key in "Wb"}
    rest = {key: value for key, value in run.items() if key not in ("parameters", "rng")}
    np.savez(path, rest=json.dumps(rest), state=json.dumps(run["rng"].bit_generator.state), **arrays)


def resume_counting_all(path):
    parameters = load_parameters(path)
    with np.load(path) as file:
        rest, state = (json.loads(file[name].item()) for name in ("rest", "state"))
    return rest | {"parameters": parameters, "rng": generator_from(state)}


def with_run_changed(change):
    """A pair that is right but for the run that comes back."""

    def resume_changed(path):
        run = resume(path)
        return change(run) or run

    return checkpoint, resume_changed


def without(key):
    def drop(run):
        del run[key]

    return with_run_changed(drop)


def put(**entries):
    def change(run):
        run.update({key: make(run) for key, make in entries.items()})

    return with_run_changed(change)


def with_the_state_of(rng):
    notebook_rng.bit_generator.state = rng.bit_generator.state
    return notebook_rng


in_the_order_of_the_texts = edited(
    resume,
    "for k in range(1, n_layers + 1)]",
    "for k in sorted(map(str, range(1, n_layers + 1)))]",
)
_kept = {}


def keep(path, run):
    checkpoint(path, run)
    _kept["run"] = run | {"rng": run["rng"]}


def keep_resume(path):
    return _kept["run"]


def checkpoint_pickled(path, run):
    np.savez(path, run=np.array([run["epoch"], run["losses"], None], dtype=object))


def checkpoint_that_takes(path, run):
    run["rng"] = run["rng"].bit_generator.state
    Path(path).write_text("{}")


def rounded(run):
    return [{key: layer[key].astype(np.float32) for key in "Wb"} for layer in run["parameters"]]


exercise(
    name="checkpointing",
    title="The whole state of a run in a file of your own design, and back",
    solution=(checkpoint, resume),
    verify=goes_on,
    also_right=[(checkpoint_as_text, resume_from_text), (checkpoint_piece_by_piece, resume_piece_by_piece)],
    wrong=[
        ((checkpoint, 3), ADVICE[NO_PAIR]),
        ((lambda path, run: print("saved"), resume), ADVICE[NO_FILE]),
        ((checkpoint_pickled, resume), ADVICE[PICKLED]),
        ((checkpoint_that_takes, resume), ADVICE[TOUCHED]),
        ((keep, keep_resume), ADVICE[FROM_MEMORY]),
        ((checkpoint_in_two, resume_from_two), ADVICE[MORE_FILES]),
        ((checkpoint_in_three_entries, resume_counting_all), ADVICE[ALL_COUNTED]),
        (put(state=lambda run: run["rng"].bit_generator.state), ADVICE[MORE_KEYS]),
        (put(parameters=lambda run: run["parameters"][:2]), ADVICE[FEWER_LAYERS]),
        (with_run_changed(lambda run: [run]), ADVICE[NOT_A_DICT]),
        (put(rng=lambda run: np.random.default_rng(4)), ADVICE[OTHER_DRAWS]),
        (put(rng=lambda run: run["rng"].bit_generator.state), ADVICE[STATE_FOR_RNG]),
        (put(parameters=rounded), ADVICE[ROUNDED]),
        (put(parameters=lambda run: [layer["W"] for layer in run["parameters"]]), ADVICE[CHANGED.format("parameters")]),
        (put(epoch=lambda run: 0), ADVICE[CHANGED.format("epoch")]),
        (put(epoch=lambda run: np.array(run["epoch"])), ADVICE[AS_ARRAY.format("epoch")]),
        (put(learning_rate=lambda run: np.array(run["learning_rate"])), ADVICE[AS_ARRAY.format("learning_rate")]),
        (put(losses=lambda run: np.array(run["losses"])), ADVICE[NO_LIST.format("losses")]),
        (put(activations=lambda run: tuple(run["activations"])), ADVICE[NO_LIST.format("activations")]),
        (put(learning_rate=lambda run: round(run["learning_rate"], 3)), ADVICE[CHANGED.format("learning_rate")]),
        (put(rng=lambda run: with_the_state_of(run["rng"])), ADVICE[SHARED.format("rng")]),
        ((lambda path, run: path.exists() or checkpoint(path, run), resume), ADVICE[NOT_REPLACED]),
        ((checkpoint_as_text, edited(resume_from_text, "json.loads", "eval")), ADVICE[RUNS_TEXT]),
        ((checkpoint, edited(resume, "allow_pickle=False", "allow_pickle=True")), ADVICE[UNPICKLES]),
        ((checkpoint, in_the_order_of_the_texts), ADVICE[OTHER_ORDER]),
        (put(losses=lambda run: [round(loss, 4) for loss in run["losses"]]), ADVICE[CHANGED.format("losses")]),
        *((without(key), ADVICE[MISSING.format(key)]) for key in example_run(np.random.default_rng(0))),
    ],
    hints=[
        "One call of `np.savez` writes it all: the arrays as in `save_parameters`, and one entry more, the string.",
        '`np.savez(path, rest=my_rest_to_text(run), **arrays)` writes the file, and `file["rest"].item()` takes the '
        "string out again.",
        "`resume` takes the dict that `my_rest_from_text` gives, and puts `parameters` into it: as in "
        "`load_parameters`, but with the layers counted by the names that begin with W.",
    ],
    holds="You now have the whole state of a run in one file: it goes on as if nothing had happened.",
    in_nnlib="network.NeuralNetwork.save",
    code=source_of(
        "checkpointing", rest_to_text, rest_from_text, checkpoint, resume, imports="import json\n\nimport numpy as np\n"
    ),
)


# ---- missing ----------------------------------------------------------------------------------------

ITEMS = {
    "weights": "without the weights of a layer the loss jumps in the first epoch after the break, before anything is "
    "learned anew.",
    "generator": "without the generator's state the curve goes on at the same height, with other ups and downs.",
    "epoch": "without the epoch number the rate starts again at the top, so the curve gets rougher and higher after "
    "the break, and calms down again.",
    "schedule": "without the schedule the rate jumps to the top and stays there, so the curve is rough to the end.",
    "float64": "rounded to float32 the curve is off by less than a millionth, from the first epoch after the break.",
}
MISSING_ITEMS = {"A": "schedule", "B": "float64", "C": "generator"}
NOT_A_DICT_OF_THREE = 'This takes a dict with the entries `"A"`, `"B"` and `"C"`, one string each.'
NOT_AN_ITEM = "Each string is one of `weights`, `generator`, `epoch`, `schedule`, `float64`."


def names_what_is_missing(answer, rng):
    if not isinstance(answer, dict) or set(answer) != set(MISSING_ITEMS):
        return NOT_A_DICT_OF_THREE
    given = {key: str(item).strip().lower() for key, item in answer.items()}
    if any(item not in ITEMS for item in given.values()):
        return NOT_AN_ITEM
    for key, item in given.items():
        if item != MISSING_ITEMS[key]:
            return not_that(key, item)
    return None


def not_that(key, item):
    return f"Curve {key} is something else: {ITEMS[item]}"


def one_wrong(key, item):
    return MISSING_ITEMS | {key: item}


exercise(
    name="missing",
    title="Which item was left out of the file, from the curve alone",
    solution=MISSING_ITEMS,
    verify=names_what_is_missing,
    also_right=[
        {"C": "generator", "B": "float64", "A": "schedule"},
        {key: f" {item.upper()}" for key, item in MISSING_ITEMS.items()},
    ],
    wrong=[
        (("schedule", "float64", "generator"), NOT_A_DICT_OF_THREE),
        (one_wrong("B", "nothing"), NOT_AN_ITEM),
        *(
            (one_wrong(key, item), not_that(key, item))
            for key, right in MISSING_ITEMS.items()
            for item in ITEMS
            if item != right
        ),
    ],
    hints=[
        "The first epoch after the break is number 120. With the weights of a layer lost, its loss would be several "
        "times as large as before. None of the three is, so look at how the differences go on from there.",
        "A difference of less than a millionth is rounding. A difference as large as the ups and downs themselves is "
        "other draws. A curve that stays higher has a larger rate.",
        "To tell `epoch` from `schedule`, look at the last thirty epochs: does the curve calm down again?",
    ],
    holds="You now have an eye for it: from the way in which two curves part you can tell what was lost.",
)
