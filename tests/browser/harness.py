"""JupyterLab in headless Chromium: a server of our own, a notebook copied into it, and a reader's hands and eyes.

    with Server(folder) as server, Chromium() as chromium:
        lab = Lab(server, chromium, ["from nnlib.widgets import ...", "my_widget()"])
        lab.run_all()
        live = lab.live(1)
        live.slider("learning rate").press("ArrowRight")
        live.wait_for_readout("loss")

Nothing of the person who runs it is read or written: settings, workspaces, progress and notebooks are in `folder`.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.kernels import isolated_environment

PATIENCE = 90_000  # ms to wait for what should come soon; generous, because machines are shared
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is on the page, seen or not
    "docmanager-extension/plugin": {"autosave": False},
}
SESSION = "window.jupyterapp.shell.currentWidget.sessionContext"


def find_chromium():
    """The path of the browser: $CHROMIUM, or the first that is installed."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise FileNotFoundError(
            "the browser tests need Chromium (Debian: apt-get install chromium; macOS: brew install chromium), "
            "or the variable CHROMIUM with the path of one"
        )
    return found


class Server:
    """A Jupyter server on a free port, with its files below `folder`.

    base_url : the path that its addresses begin with, as behind a hub: "/user/ada/".
    """

    def __init__(self, folder, base_url="/"):
        self.base_url = base_url
        self.folder = Path(folder)
        self.notebooks = self.folder / "notebooks"
        self.notebooks.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        for name, values in SETTINGS.items():
            path = self.folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}{base_url}"

    def __enter__(self):
        environment = {
            **os.environ,
            **isolated_environment(self.folder / "own"),
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.folder / "workspaces"),
            "PYTHONWARNINGS": "default",
        }
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
            *(f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.notebooks}"),
            *("--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", f"--ServerApp.base_url={self.base_url}"),
        ]
        self.log = open(self.folder / "server.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )
        try:
            self._wait_until_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_up(self):
        for _ in range(PATIENCE // 250):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                return self.ask("api/status")
            time.sleep(0.25)
        raise RuntimeError("the Jupyter server did not start:\n" + (self.folder / "server.log").read_text("utf-8"))

    def ask(self, path, method="GET"):
        """The answer of the server's REST interface, parsed."""
        url = f"{self.address}{path}?token={self.token}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def stop_kernels(self):
        for session in self.ask("api/sessions"):
            with contextlib.suppress(OSError):
                self.ask(f"api/sessions/{session['id']}", "DELETE")

    def __exit__(self, *error):
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.stop_kernels()
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Chromium:
    """The browser; pages are opened by Lab, and those that a closed one has kept are in `kept`."""

    def __enter__(self):
        path, self.kept = find_chromium(), {}
        self._playwright = sync_playwright().start()
        try:
            self.browser = self._playwright.chromium.launch(executable_path=path, args=FLAGS)
        except BaseException:
            self._playwright.stop()
            raise
        return self

    def __exit__(self, *error):
        self.browser.close()
        self._playwright.stop()


class Lab:
    """One notebook open in JupyterLab.

    source : path of a notebook, which is copied, or a list of texts, one code cell each.
    theme : "light" or "dark". width, height, scale : of the window, in CSS pixels, and image pixels in each.
    files : with the file browser at the side, as JupyterLab opens; otherwise the notebook alone.
    """

    def __init__(self, server, chromium, source, *, theme="light", width=1280, height=2400, scale=1, files=False):
        self.server, self.files = server, files
        if isinstance(source, list):
            name = f"{secrets.token_hex(4)}.ipynb"
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in source])
            notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(notebook, server.notebooks / name)
        else:
            name = Path(source).name
            shutil.copyfile(source, server.notebooks / name)
        self.path = server.notebooks / name
        self.theme = theme
        self.errors = []  # JavaScript errors of the page
        self.kept, self.kind = chromium.kept, (server, scale, files)
        self.page = self.kept.pop(self.kind, None)
        if self.page:
            self.context = self.page.context
            self.page.set_viewport_size({"width": width, "height": height})
            self._watch_errors()
            self._go_on()
        else:
            self.context = chromium.browser.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=scale
            )
            self.open()

    # The page

    def open(self, kernel=True):
        """Open the notebook, or open it again after `leave()`; with kernel=False without waiting for one."""
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self._watch_errors()
        way = "lab/tree" if self.files else "doc/tree"
        self.page.goto(f"{self.server.address}{way}/{self.path.name}?token={self.server.token}&reset")
        self.wait_until_ready(kernel)

    def _go_on(self):
        """Open the notebook in the page that an earlier one has left: JupyterLab itself takes seconds to load."""
        self.page.evaluate(
            "async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }", self.path.name
        )
        self.page.wait_for_function(
            "path => window.jupyterapp.shell.currentWidget?.context?.path === path", arg=self.path.name
        )
        self.wait_until_ready()

    def _watch_errors(self):
        self.page.on("pageerror", self._note)

    def _note(self, error):
        self.errors.append(str(error))

    def wait_until_ready(self, kernel=True):
        """Wait until the page that has been opened shows the notebook, with its kernel connected."""
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
        if kernel:
            self.page.wait_for_function(f"""async () => {{
                const session = {SESSION};
                await session.ready;
                const kernel = session.session?.kernel;
                return kernel?.connectionStatus === 'connected' && ['idle', 'busy'].includes(kernel.status);
            }}""")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.use_theme(self.theme)

    def resize(self, width, height):
        """Give the window another size, and the notebook all of its width, as where the page opens without `files`."""
        if self.files:
            self.page.evaluate("""async () => {
                await window.jupyterapp.commands.execute('application:set-mode', {mode: 'single-document'});
                await window.jupyterapp.commands.execute('application:toggle-left-area');
            }""")
            self.files = False
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function(
            """async () => {  // until three frames have found the notebook as wide as the one before
                const width = () => document.querySelector('.jp-Notebook').getBoundingClientRect().width;
                const first = width();
                for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
                return width() === first && first <= window.innerWidth;
            }"""
        )

    def use_theme(self, name):
        theme = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}[name]
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'")

    def leave(self):
        """Close the page; the kernel lives on."""
        self.page.close()

    def close(self, keep=False):
        """Close the page; or the notebook alone, and keep the page for the next notebook of its kind."""
        if keep and self.files == self.kind[-1] and self.kind not in self.kept and not self.page.is_closed():
            self.page.remove_listener("pageerror", self._note)
            self.page.evaluate("""() => {
                const notebook = window.jupyterapp.shell.currentWidget;
                notebook.context.model.dirty = false;  // or a dialog asks
                notebook.close();
            }""")
            self.page.wait_for_function("() => !document.querySelector('.jp-Notebook')")
            self.kept[self.kind] = self.page
        else:
            self.context.close()
        self.server.stop_kernels()

    def run_all(self):
        """Run all cells, through the menu, until each has its number."""
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        self.wait_until_run()

    def wait_until_run(self):
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('.jp-CodeCell')].every(cell =>
                !cell.querySelector('.jp-InputArea-editor')?.textContent.trim() ||
                /^\\[\\d+\\]:$/.test(cell.querySelector('.jp-InputPrompt').textContent.trim()))""",
            polling=250,  # not at every frame, which would lay the page out anew while it runs
        )

    def cell(self, index):
        """The cell of this index, counting all cells."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def run_and_advance(self, index):
        """Run one cell and go on to the next, as Shift + Enter does, until the page has come to rest."""
        self._press_in(index, "Shift+Enter", wait=True)
        self.wait_until_idle()
        self.page.wait_for_timeout(1000)

    def run_cell(self, index, wait=True):
        """Run one cell, as Control + Enter does."""
        self._press_in(index, "Control+Enter", wait)

    def _press_in(self, index, keys, wait):
        prompt = self.cell(index).locator(".jp-InputPrompt")
        before = prompt.text_content()
        self.cell(index).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press(keys)
        if wait:  # until the cell has another number
            self.page.wait_for_function(
                "([cell, before]) => { const now = cell.querySelector('.jp-InputPrompt').textContent.trim();"
                " return now !== before.trim() && /^\\[\\d+\\]:$/.test(now); }",
                arg=[self.cell(index).element_handle(), before],
            )

    def output(self, index):
        """The text that a cell has printed."""
        return self.cell(index).locator(".jp-OutputArea").inner_text()

    def live(self, index):
        """The live figure in the cell of this index."""
        return self.live_in(self.cell(index))

    def live_in(self, cell):
        """The live figure in a cell, given by its locator."""
        return LivePage(self, cell)

    def type_into(self, index, source):
        """Replace the source of a cell."""
        self.page.evaluate(
            "([index, source]) => window.jupyterapp.shell.currentWidget.content.widgets[index]"
            ".model.sharedModel.setSource(source)",
            [index, source],
        )

    def ask(self, code):
        """Run code in the kernel as another cell would, and return what it prints; errors are raised."""
        answer = self.page.evaluate(
            f"""async code => {{
                const future = {SESSION}.session.kernel.requestExecute({{code, store_history: false}});
                let text = '';
                future.onIOPub = message => {{
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n');
                }};
                const reply = await future.done;
                return [reply.content.status, text];
            }}""",
            code,
        )
        if answer[0] != "ok":
            raise RuntimeError(answer[1])
        return answer[1].strip()

    def interrupt(self):
        self.page.evaluate(f"() => {SESSION}.session.kernel.interrupt()")

    def wait_until_busy(self):
        self.page.wait_for_function(f"() => {SESSION}.session.kernel.status === 'busy'")

    def wait_until_idle(self):
        self.page.wait_for_function(f"() => {SESSION}.session.kernel.status === 'idle'", polling=50)

    def save(self):
        """Save the notebook, and return what is in the file."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        return json.loads(self.path.read_text(encoding="utf-8"))

    def screenshot(self, path):
        self.page.screenshot(path=str(path))

    def overflow(self):
        """How many CSS pixels the outputs are wider than the page leaves them."""
        return self.page.evaluate(
            """() => Math.max(0, ...[...document.querySelectorAll(
                '.jp-OutputArea-output, .jp-OutputArea-output .widget-box, .jp-OutputArea-output img')].map(part => {
                    const beyond = part.getBoundingClientRect().right
                        - part.closest('.jp-OutputArea').getBoundingClientRect().right;
                    return Math.max(part.scrollWidth - part.clientWidth, beyond);
                }))"""
        )


WATCH = """cell => {
    const seen = {blank: 0, moved: 0, times: [], sources: [], running: true};
    const place = image => {
        const box = image.getBoundingClientRect(), page = cell.getBoundingClientRect();  // which a test may scroll
        return [box.x - page.x, box.y - page.y, box.width, box.height].map(Math.round).join();
    };
    const first = place(cell.querySelector('.jp-RenderedImage img'));
    let last = cell.querySelector('.jp-RenderedImage img').src;
    const look = () => {
        const image = cell.querySelector('.jp-RenderedImage img');
        if (!image || !image.complete || !image.naturalWidth) seen.blank += 1;
        else {
            if (place(image) !== first) seen.moved += 1;
            if (image.src !== last) { last = image.src; seen.times.push(performance.now()); seen.sources.push(last); }
        }
        if (seen.running) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    return seen;
}"""


class LivePage:
    """A live figure as the reader meets it: controls, a picture, and a line below it."""

    def __init__(self, lab, cell):
        self.lab, self.page, self.cell = lab, lab.page, cell
        self.image = cell.locator(".jp-RenderedImage img")

    def slider(self, label):
        """The handle of the slider of this name: focus and press keys, or drag."""
        named = self.page.locator(".widget-label", has_text=label)
        return self.cell.locator(".widget-inline-hbox", has=named).locator("[role=slider]").first

    def value(self, label):
        """What the slider shows."""
        named = self.page.locator(".widget-label", has_text=label)
        return self.cell.locator(".widget-inline-hbox", has=named).locator(".widget-readout").first.inner_text()

    def button(self, text):
        return self.cell.locator("button", has_text=text).first

    def readout(self):
        """The line below the picture."""
        return self.cell.locator("[role=status], [role=alert]").last.inner_text()

    def wait_for_readout(self, part):
        """Wait until the readout holds this text, and return it."""
        self.page.wait_for_function(
            "([cell, part]) => [...cell.querySelectorAll('[role=status], [role=alert]')].at(-1)"
            "?.innerText.includes(part)",
            arg=[self.cell.element_handle(), part],
        )
        return self.readout()

    def press(self, label, key, times=1):
        """Press a key on a slider, and wait for the picture that follows each."""
        handle = self.slider(label)
        handle.focus()
        for _ in range(times):
            before = self.source()
            self.page.keyboard.press(key)
            self.wait_for_picture(before)

    def source(self):
        """The picture's data."""
        return self.image.get_attribute("src")

    def wait_for_picture(self, before):
        """Wait until the picture is another one than before, and return its data."""
        self.page.wait_for_function(
            "([cell, before]) => { const image = cell.querySelector('.jp-RenderedImage img');"
            " return image && image.complete && image.naturalWidth && image.src !== before; }",
            arg=[self.cell.element_handle(), before],
        )
        return self.source()

    def wait_until_shown(self, source):
        """Wait until the picture is this one."""
        self.page.wait_for_function(
            "([cell, source]) => cell.querySelector('.jp-RenderedImage img')?.src === source",
            arg=[self.cell.element_handle(), source],
        )

    def box(self):
        """Where the picture is: dict of x, y, width, height in CSS pixels."""
        return self.image.bounding_box()

    def place(self):
        """Where it is in the window, in CSS pixels from the top: dict of top, bottom (of the page's part that can be
        seen), question, picture (its end) and end."""
        return self.cell.evaluate("""cell => {
            const box = part => part.getBoundingClientRect();
            const seen = box(cell.closest('.jp-WindowedPanel-outer'));
            return {top: seen.top, bottom: seen.bottom, question: box(cell.querySelector('.nnlib-live')).top,
                picture: box(cell.querySelector('.jp-RenderedImage img')).bottom,
                end: box([...cell.querySelectorAll('[role=status], [role=alert]')].at(-1)).bottom};
        }""")

    def wait_until_sharp(self):
        """Wait until the picture has two image pixels per CSS pixel."""
        self.page.wait_for_function(
            "cell => { const image = cell.querySelector('.jp-RenderedImage img');"
            " return image.complete && image.naturalWidth === 2 * image.getAttribute('width'); }",
            arg=self.cell.element_handle(),
        )

    def drag(self, label, distance, events=30, seconds=1.0):
        """Drag a slider with the mouse by so many CSS pixels; returns the page's clock at the last event (ms)."""
        box = self.slider(label).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        start = time.monotonic()
        for event in range(1, events + 1):
            self.page.mouse.move(x + distance * event / events, y)
            time.sleep(max(0.0, start + seconds * event / events - time.monotonic()))
        last = self.page.evaluate("() => performance.now()")
        self.page.mouse.up()
        return last

    def watch(self):
        """Look at the picture at every frame of the browser, until `.stop()` says what was seen."""
        return Watch(self.cell.evaluate_handle(WATCH))


class Watch:
    def __init__(self, handle):
        self.handle = handle

    def stop(self):
        """What was seen, as a dict: `blank`, how many browser frames had no picture; `moved`, how many had it out of
        its place; `times` (ms) and `sources`, one for each new picture."""
        return self.handle.evaluate("seen => { seen.running = false; return seen; }")
