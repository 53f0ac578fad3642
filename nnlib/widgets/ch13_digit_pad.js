// The pad of chapter 13: a canvas to draw on, by mouse, finger, pen or keyboard. It knows nothing of digits.
//
// What is drawn goes to Python while it is drawn, as `value`: a list of strokes, each a list of points [x, y] from
// 0 (left, top) to 1. ipywidgets keeps one message on its way and merges those behind it, so nothing piles up.
// What comes from Python is an example: the first stroke of a hand takes its place.

const SIDE = 280; // CSS pixels
const BESIDE = SIDE + 51; // CSS pixels from the top of the pad to the end of the panel
const WIDTH = SIDE + 22 + 540; // CSS pixels of the pad and the picture
const STEP = 1 / 32; // of an arrow key
const HELP =
  "A pad to draw a digit on. Arrow keys move the pen, Space puts it down or lifts it, " +
  "Backspace takes the last stroke back, Delete clears.";

// The picture stands to the right of the pad, where the page has the room: what is drawn and what is seen of it in one
// row, under a panel and over a readout of the width of both. JupyterLab gives the picture a place of its own below the
// panel, whose last row is the pad.
const STYLE = `
  .nnlib-pad { display: flex; flex: 1 0 100%; flex-direction: column; gap: 6px; padding: 3px; }
  @media (min-width: 701px) {
    .jp-OutputArea-child:has(.nnlib-pad) + .jp-OutputArea-child:has(.jp-RenderedImage) {
      margin: -${BESIDE}px 0 0 ${SIDE + 22}px; min-height: ${BESIDE}px; width: auto;
      pointer-events: none; } /* the margin of that place lies over the pad */
    .jp-OutputArea-child:has(.nnlib-pad) + .jp-OutputArea-child img { pointer-events: auto; }
    .nnlib-live:has(.nnlib-pad), .jp-OutputArea-child:has(.nnlib-pad) ~ .jp-OutputArea-child .widget-html {
      max-width: ${WIDTH}px !important; }
  }
  .nnlib-pad canvas { background: white; border: 1px solid #767676; border-radius: 4px; cursor: crosshair;
    touch-action: none; width: ${SIDE}px; height: ${SIDE}px; flex: none; }
  .nnlib-pad canvas:focus-visible { outline: 3px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px; }
  .nnlib-pad div { display: flex; gap: 6px; }
  .nnlib-pad button { width: ${SIDE / 2 - 2}px; }`;

function render({ model, el }) {
  const style = document.createElement("style");
  style.textContent = STYLE;
  const canvas = document.createElement("canvas");
  const buttons = document.createElement("div");
  const undoButton = button("Undo", "take the last stroke back", undo);
  const clearButton = button("Clear", "an empty pad", clear);
  buttons.append(undoButton, clearButton);
  el.classList.add("nnlib-pad");
  el.append(style, canvas, buttons);

  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", HELP);
  canvas.title = HELP;

  let strokes = copy(model.get("value"));
  let isExample = true;
  let isSending = false;
  let pointer = null; // the id of the finger, pen or mouse that is drawing
  let cursor = [0.5, 0.2]; // the keyboard's pen
  let penIsDown = false;

  // From a hand to strokes

  canvas.addEventListener("pointerdown", (event) => {
    if (model.get("disabled") || pointer !== null || event.button !== 0) return;
    event.preventDefault(); // no selection of text, no drag of the page
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    penIsDown = false;
    begin(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const seen = event.getCoalescedEvents?.() ?? []; // a fast pen moves several times between two frames
    for (const each of seen.length ? seen : [event]) strokes.at(-1).push(place(each));
    changed();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId === pointer) pointer = null;
    });
  }

  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (model.get("disabled") || event.altKey) return;
    if (way) move(way);
    else if (event.key === " ") lowerOrLift();
    else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) undo();
    else if (event.key === "Delete") clear();
    else return;
    event.preventDefault(); // the page does not scroll, and JupyterLab goes to no other cell
  });
  canvas.addEventListener("focus", paint);
  canvas.addEventListener("blur", paint);

  function move([right, down]) {
    cursor = [inside(cursor[0] + right * STEP), inside(cursor[1] + down * STEP)];
    if (penIsDown) strokes.at(-1).push(cursor);
    penIsDown ? changed() : paint();
  }

  function lowerOrLift() {
    penIsDown = !penIsDown;
    penIsDown ? begin(cursor) : paint();
  }

  function begin(point) {
    strokes = isExample ? [[point]] : [...strokes, [point]];
    changed();
  }

  function undo() {
    if (model.get("disabled") || pointer !== null) return;
    strokes.pop();
    penIsDown = false;
    changed();
  }

  function clear() {
    if (model.get("disabled") || pointer !== null) return;
    strokes = [];
    penIsDown = false;
    changed();
  }

  // From strokes to Python and to the canvas

  function changed() {
    isExample = false;
    paint();
    isSending = true;
    model.set("value", copy(strokes)); // a copy: the model compares it with the one before
    isSending = false;
    model.save_changes();
  }

  function paint() {
    const sharpness = window.devicePixelRatio || 1;
    canvas.width = canvas.height = SIDE * sharpness; // which also clears it
    const pen = canvas.getContext("2d");
    pen.scale(SIDE * sharpness, SIDE * sharpness);
    pen.lineWidth = model.get("pen") / 32;
    pen.lineCap = pen.lineJoin = "round";
    for (const [start, ...others] of strokes) {
      pen.beginPath();
      pen.moveTo(...start);
      for (const point of others.length ? others : [start]) pen.lineTo(...point);
      pen.stroke();
    }
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) {
      pen.beginPath();
      pen.arc(...cursor, 0.03, 0, 2 * Math.PI);
      pen.lineWidth = 0.01;
      pen.strokeStyle = "#c04a00";
      pen.fillStyle = penIsDown ? "#c04a00" : "transparent";
      pen.fill();
      pen.stroke();
    }
    undoButton.disabled = clearButton.disabled = model.get("disabled") || strokes.length === 0;
    canvas.style.opacity = model.get("disabled") ? 0.5 : 1;
  }

  function setFromPython() {
    if (isSending || pointer !== null) return;
    strokes = copy(model.get("value"));
    isExample = true;
    penIsDown = false;
    paint();
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  model.on("change:value", setFromPython);
  model.on("change:pen", paint);
  model.on("change:disabled", paint);
  paint();
  return () => {
    model.off("change:value", setFromPython);
    model.off("change:pen", paint);
    model.off("change:disabled", paint);
  };
}

function inside(coordinate) {
  return Math.round(1e4 * Math.min(1, Math.max(0, coordinate))) / 1e4;
}

function copy(strokes) {
  return strokes.map((stroke) => stroke.map((point) => [...point]));
}

function button(text, tooltip, pressed) {
  const made = document.createElement("button");
  made.className = "jupyter-button";
  made.textContent = text;
  made.title = tooltip;
  made.addEventListener("click", pressed);
  return made;
}

export default { render };
