"""The course by keyboard alone, with a focus that is seen; and the contrast of its words in both themes.

The contrast of what the figures draw is tests/test_contrast.py's.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_contrast import LETTER, LINE

CHAPTER_00 = Path(__file__).parents[2] / "notebooks" / "00_start_here.ipynb"
SETUP = "from nnlib import widgets\nfrom nnlib.exercises import check, hint, progress, solution"
FIGURES = ["xor_learns", "fold", "digit_pad", "one_step", "which_illness", "playground"]  # every kind of control
MESSAGES = [
    "def mse(prediction, y):\n    return ((prediction - y) ** 2).mean()\n\n\ncheck(mse)",
    "def mse(prediction, y):\n    return (prediction - y).mean()\n\n\ncheck(mse)",
    "def mse(prediction, y):\n    return prediction + 'y'\n\n\ncheck(mse)",
    "def relu(Z):\n    ...\n\n\ncheck(relu)",
    "hint('mse')",
    "solution('mse')",
    "progress()",
]

# In the page: the contrast of two colors, by the definition of WCAG 2.2, and what lies behind an element: all its
# backgrounds, laid over each other.
COLORS = """
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const parsed = color => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], under) => [r, g, b].map((c, k) => a * c + (1 - a) * under[k]);
    const light = rgb => {
        const [r, g, b] = rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const contrast = (one, other) => Math.max(light(one), light(other)) / Math.min(light(one), light(other));
    const line = element => element ? [...line(element.parentElement), getComputedStyle(element)] : [];
    const behind = element =>
        line(element).reduce((under, style) => over(parsed(style.backgroundColor), under), [255, 255, 255]);
"""
# Every piece of text in the outputs: its contrast, and its words. Locked controls are no text to read (1.4.3).
TEXTS = (
    "() => {"
    + COLORS
    + """
    const found = [];
    for (const area of document.querySelectorAll('.jp-OutputArea-output')) {
        const walker = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const element = walker.currentNode.parentElement, words = walker.currentNode.textContent.trim();
            if (!words || !element.checkVisibility({opacityProperty: true}) || element.closest(':disabled, style'))
                continue;
            const styles = line(element), opacity = styles.reduce((product, style) => product * style.opacity, 1);
            const [r, g, b, a] = parsed(styles.at(-1).color), under = behind(element);
            found.push([contrast(over([r, g, b, a * opacity], under), under), words]);
        }
    }
    return found;
}"""
)
PARTS = (
    "button:enabled:not([tabindex='-1']), input:enabled, select:enabled, canvas, .slider:not([disabled]) [role=slider]"
)
# The part of a live figure that has the focus: its number in the figure, its name, and the contrast of the frame that
# shows it, 0 without one.
FOCUSED = (
    "([live, parts]) => {"
    + COLORS
    + """
    const here = document.activeElement;
    if (!live.contains(here)) return null;
    const all = [...live.querySelectorAll(parts)].filter(part => part.checkVisibility());
    const style = getComputedStyle(here), framed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const frame = parsed(style.outlineColor), page = behind(live);
    return {number: all.indexOf(here), of: all.length, contrast: framed ? contrast(over(frame, page), page) : 0,
        name: here.getAttribute('aria-label') || here.textContent.trim() || here.title || here.type};
}"""
)


def walk(page, live, most=80):
    """Press Tab until the focus leaves the live figure that it is in; yield each part that has it."""
    handle = live.cell.locator(".nnlib-live").element_handle()
    for _ in range(most):
        focused = page.evaluate(FOCUSED, [handle, PARTS])
        if focused is None:
            return
        yield focused
        page.keyboard.press("Tab")
    raise AssertionError("the focus does not leave the figure")


def assert_every_part_is_reached_and_seen(page, live):
    met = list(walk(page, live))
    assert {each["number"] for each in met} - {-1} == set(range(met[0]["of"])), "Tab leaves a control out"
    faint = [(each["name"], each["contrast"]) for each in met if each["number"] >= 0 and each["contrast"] < LINE]
    assert faint == [], "it is not seen where the focus is"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_control_is_reached_by_tab_and_every_word_can_be_read(lab, theme):
    notebook = lab([SETUP, *MESSAGES, *(f"widgets.{name}()" for name in FIGURES)], theme=theme, height=5000)
    notebook.run_all()
    texts = notebook.page.evaluate(TEXTS)
    for index in range(1 + len(MESSAGES), 1 + len(MESSAGES) + len(FIGURES)):
        live = notebook.live(index)
        live.wait_until_sharp()
        live.cell.locator(".nnlib-head").focus()
        notebook.page.keyboard.press("Tab")
        assert_every_part_is_reached_and_seen(notebook.page, live)
        if live.cell.get_by_text("Your guess unlocks").count():
            live.cell.locator(".nnlib-options button").first.click()
            live.cell.get_by_text("and so it is.").or_(live.cell.get_by_text("but it is")).wait_for()
    texts += notebook.page.evaluate(TEXTS)
    said = " ".join(words for _, words in texts)
    assert all(words in said for words in ("✓ mse", "✗ mse", "○ relu", "learning rate", "and so it is", "but it is"))
    assert [(round(contrast, 2), words) for contrast, words in texts if contrast < LETTER] == []


def test_chapter_00_by_keyboard_alone(lab):
    """Shift + Enter through all cells; in the live figure, Tab to a guess, Enter, and Tab to a slider that answers."""
    notebook = lab(CHAPTER_00, height=800)
    page, keyboard = notebook.page, notebook.page.keyboard
    cells = page.locator(".jp-Notebook .jp-Cell")
    guessed = False
    for _ in range(cells.count() + 2):
        keyboard.press("Shift+Enter")
        page.wait_for_timeout(500)
        notebook.wait_until_idle()
        page.wait_for_timeout(500)
        if not guessed and page.evaluate("() => !!document.activeElement.closest('.nnlib-live')"):
            live = notebook.live_in(page.locator(".jp-CodeCell", has=page.locator(".nnlib-live")).first)
            options = live.cell.locator(".nnlib-options button").all_inner_texts()
            assert next((each for each in walk(page, live) if each["name"] in options), None)
            keyboard.press("Enter")
            live.cell.get_by_text("and so it is.").or_(live.cell.get_by_text("but it is")).wait_for()
            live.wait_until_sharp()
            before, guessed = live.source(), True
            keyboard.press("Tab")  # the button is locked now; on from where it stands
            assert next((each for each in walk(page, live) if each["name"] == "learning rate"), None)
            keyboard.press("ArrowLeft")
            live.wait_for_picture(before)
            keyboard.press("Escape")
    assert guessed
    notebook.wait_until_run()
