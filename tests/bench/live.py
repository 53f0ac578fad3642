"""How fast is a live figure? The engine of `nnlib.widgets` beside the same widget written with plain `interact`.

    python tests/bench/live.py [--presses 40] [--rounds 3]

Both show a decision map of 60 x 60 points and a loss curve, and train XOR (2-4-1, tanh) for 1000 epochs at every
move of a slider, in a real JupyterLab with server, kernel and browser on this machine. The clock is the browser's:

    key press   from the key going down to the browser's next frame with the new, decoded picture
    drag        30 moves of the mouse in one second: different pictures seen, and from the last move to the last one

"redraw only" is the engine without the training: what every live figure costs before it computes anything. Counted
are the fast pictures of the engine, not the sharp one that follows each at rest. Play is that of `xor_learns`, and of
the playground.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from harness import Chromium, Lab, Server

XOR = """
import numpy as np
from nnlib import NeuralNetwork
from nnlib.plots import DECISION_MAP, figure

X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
LAYERS = [{"n_inputs": 2, "n_neurons": 4, "activation": "tanh"}, {"n_inputs": 4, "n_neurons": 1, "activation": "tanh"}]
AXIS = np.linspace(-0.5, 1.5, 60)
GRID = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)

def train(rate, seed):
    nn = NeuralNetwork(LAYERS, learning_rate=rate, seed=seed)
    losses = nn.fit(X, y, epochs=1000, batch_size=4)["train_loss"]
    return losses, nn.predict(GRID).reshape(60, 60)

def artists(ax_map, ax_loss):
    image = ax_map.imshow(np.zeros((60, 60)), cmap=DECISION_MAP, vmin=0, vmax=1, origin="lower",
                          extent=(-0.5, 1.5, -0.5, 1.5))
    ax_map.scatter(*X.T, c=["C0", "C1", "C1", "C0"], edgecolors="black", zorder=3)
    ax_map.set(xlabel="first input", ylabel="second input")
    (line,) = ax_loss.plot([], [])
    ax_loss.set(xlim=(0, 1000), ylim=(1e-4, 1), yscale="log", xlabel="epoch", ylabel="loss")
    return image, line
"""

ENGINE = """
from nnlib.widgets import Live, log_slider, slider

fig, axes = figure(1, 2)
image, line = artists(*axes)

def draw(result):
    losses, outputs = result
    image.set_data(outputs)
    line.set_data(range(1000), losses)
    return f"loss {losses[-1]:.4f} after 1000 epochs"

Live("bench", question="How fast?", controls={"rate": log_slider("learning rate", 0.001, 10, 0.1),
     "seed": slider("seed", 0, 100, 0)}, compute=train, draw=draw, figure=fig, alt="A map and a loss curve.")
"""

WAYS = {
    "nnlib.widgets": ENGINE,
    "redraw only": """
trained = [train(0.1, seed) for seed in range(101)]

def train(rate, seed):
    return trained[seed]
"""
    + ENGINE,
    "plain interact": """
import matplotlib.pyplot as plt
from ipywidgets import FloatLogSlider, IntSlider, interact

def picture(rate, seed):
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.6))
    image, line = artists(*axes)
    losses, outputs = train(rate, seed)
    image.set_data(outputs)
    line.set_data(range(1000), losses)
    plt.show()
    print(f"loss {losses[-1]:.4f} after 1000 epochs")

_ = interact(picture, rate=FloatLogSlider(value=0.1, min=-3, max=1), seed=IntSlider(value=0, min=0, max=100))
""",
}

# In the page: the time of each key press and mouse move, and of the frame in which each new picture is on the screen.
CLOCK = """cell => {
    const clock = {keys: [], moves: [], shown: [], waiting: []};
    clock.after = shown => new Promise((done, failed) => {
        setTimeout(() => failed(new Error('no new picture in a minute')), 60000);
        clock.shown.length > shown ? done() : clock.waiting.push(done);
    });
    let last = cell.querySelector('.jp-OutputArea img')?.src;
    document.addEventListener('keydown', () => clock.keys.push(performance.now()), true);
    document.addEventListener('pointermove', () => clock.moves.push(performance.now()), true);
    new MutationObserver(async () => {
        const image = cell.querySelector('.jp-OutputArea img');
        if (!image || image.src === last) return;
        last = image.src;
        if (cell.querySelector('.nnlib-live') && last.includes('base64,iVBOR')) return;  // a PNG: it has come to rest
        await image.decode().catch(() => {});
        requestAnimationFrame(() => setTimeout(() => {
            clock.shown.push(performance.now());
            clock.waiting.splice(0).forEach(done => done());
        }));
    }).observe(cell, {childList: true, subtree: true, attributes: true, attributeFilter: ['src']});
    return clock;
}"""


class Bench:
    """One way, open in a page of its own."""

    def __init__(self, server, chromium, way):
        self.lab = Lab(server, chromium, [XOR, WAYS[way]], height=1600)
        self.lab.run_all()
        self.lab.page.wait_for_selector(".jp-OutputArea [role=slider]")
        self.lab.page.wait_for_selector(".jp-OutputArea img")
        self.lab.wait_until_idle()
        self.live = self.lab.live(1)
        self.clock = self.lab.cell(1).evaluate_handle(CLOCK)
        self.press(3)  # warm up
        self.waits = []
        self.frames = []
        self.lags = []

    def seen(self, of):
        return self.clock.evaluate(f"clock => clock.{of}")

    def to_the_start(self):
        self.live.slider("seed").focus()
        self.lab.page.keyboard.press("Home")
        self.lab.page.wait_for_timeout(2000)

    def press(self, times):
        """Milliseconds from each key press to its picture."""
        waits = []
        self.to_the_start()
        for _ in range(times):
            shown = len(self.seen("shown"))
            self.lab.page.keyboard.press("ArrowRight")
            self.clock.evaluate("(clock, shown) => clock.after(shown)", shown)
            waits.append(self.seen("shown")[-1] - self.seen("keys")[-1])
            self.lab.page.wait_for_timeout(600)  # a reader's pause, in which the picture comes to rest
        return waits

    def drag(self):
        """Pictures during a drag of one second, and milliseconds from its last move to the last picture."""
        self.to_the_start()
        before = len(self.seen("shown"))
        self.live.drag("seed", 120)
        self.lab.page.wait_for_timeout(3000)
        shown = self.seen("shown")[before:]
        return len(shown), shown[-1] - self.seen("moves")[-1]


def play(server, chromium):
    """Pictures per second while `xor_learns` plays."""
    lab = Lab(server, chromium, ["from nnlib.widgets import xor_learns", "xor_learns()"], height=1600)
    lab.run_all()
    live = lab.live(1)
    live.button("higher").click()  # plays once
    live.cell.get_by_text("and so it is").wait_for()
    live.wait_until_sharp()
    watch = live.watch()
    live.button("Play").click()
    live.wait_for_readout("epoch 0:")
    live.wait_for_readout("epoch 1000:")
    times = watch.stop()["times"]
    lab.context.close()
    return pace(times)


def play_the_playground(server, chromium, seconds=10):
    """Pictures per second while the playground plays, 2-8-8-1 and 200 points, and the epochs trained in each."""
    cell = "pg = playground(hidden=(8, 8), epochs=100_000, held=0.0, batch_size=200)\npg"
    lab = Lab(server, chromium, ["from nnlib.widgets import playground", "playground(epochs=1)", cell], height=1600)
    lab.run_cell(0)
    lab.ask("from nnlib.playground import Run; train = Run.train; Run.train = lambda *a, **k: None")
    lab.run_cell(2)  # opened at its start: to its end would take minutes
    lab.ask("Run.train = train")
    live = lab.live(2)
    live.button("Restart").click()
    live.wait_for_readout("Epoch 0 of")
    watch = live.watch()
    live.button("Play").click()
    lab.page.wait_for_timeout(1000 * seconds)
    live.button("Pause").click()
    times = watch.stop()["times"]
    epochs = int(lab.ask("print(pg.run.nn.epoch)"))
    lab.context.close()
    return pace(times), epochs / len(times)


def pace(times):
    """Pictures a second, of the times of all (ms)."""
    return (len(times) - 1) * 1000 / (times[-1] - times[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--presses", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "server") as server, Chromium() as chromium:
        ways = {way: Bench(server, chromium, way) for way in WAYS}
        for _ in range(options.rounds):  # in turns, so that a busy moment of the machine meets both
            for bench in ways.values():
                bench.lab.page.bring_to_front()
                bench.waits += bench.press(options.presses // options.rounds)
                frames, lag = bench.drag()
                bench.frames.append(frames)
                bench.lags.append(lag)
        for bench in ways.values():
            bench.lab.context.close()
        pictures = np.median([play(server, chromium) for _ in range(options.rounds)])
        most, epochs = np.median([play_the_playground(server, chromium) for _ in range(options.rounds)], axis=0)

    print("XOR trained for 1000 epochs at every move, JupyterLab in headless Chromium (ms)")
    print(f"{'':16} key press to picture      drag of 30 moves in 1 s")
    print(f"{'':16} {'median':>8} {'95th pct.':>10} {'pictures':>10} {'lag of the last':>16}")
    for way, bench in ways.items():
        median, high = np.percentile(bench.waits, [50, 95])
        print(f"{way:16} {median:8.0f} {high:10.0f} {np.median(bench.frames):10.0f} {np.median(bench.lags):16.0f}")
    ours, plain = (np.median(ways[way].waits) for way in ("nnlib.widgets", "plain interact"))
    print(f"{plain / ours:.1f} times as fast as plain interact")
    print(f"Play of xor_learns: {pictures:.0f} pictures a second")
    print(f"Play of the playground, 2-8-8-1, 200 points: {most:.0f} pictures a second, {epochs:.0f} epochs in each")


if __name__ == "__main__":
    main()
