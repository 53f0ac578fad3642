// Where the mouse, a finger or a pen is on the picture of its live figure, and where it has pressed.
//
// The picture is replaced with every frame, so it is the area around it that listens.

function render({ model, el }) {
  let area = null;
  let waiting = requestAnimationFrame(function look() {
    area = el.closest(".jp-OutputArea");
    if (!area) {
      waiting = requestAnimationFrame(look); // not on the page yet
      return;
    }
    area.addEventListener("pointermove", moved);
    area.addEventListener("pointerleave", left);
    area.addEventListener("pointerdown", pressed);
    area.addEventListener("dragstart", stay);
  });

  function place(event) {
    const image = event.target.closest(".jp-RenderedImage img");
    if (!image) return [];
    const box = image.getBoundingClientRect();
    const part = (value) => Math.round(1e4 * Math.min(1, Math.max(0, value))) / 1e4;
    return [part((event.clientX - box.left) / box.width), part((event.clientY - box.top) / box.height)];
  }

  function moved(event) {
    const over = place(event);
    if (String(over) === String(model.get("over"))) return;
    model.set("over", over);
    model.save_changes();
  }

  function left() {
    model.set("over", []);
    model.save_changes();
  }

  function pressed(event) {
    const at = place(event);
    if (!at.length || event.button !== 0) return;
    event.preventDefault(); // no picture is dragged away
    model.set("pressed", [...at, (model.get("pressed")[2] ?? 0) + 1]);
    model.save_changes();
  }

  function stay(event) {
    if (place(event).length) event.preventDefault();
  }

  return () => {
    cancelAnimationFrame(waiting);
    area?.removeEventListener("pointermove", moved);
    area?.removeEventListener("pointerleave", left);
    area?.removeEventListener("pointerdown", pressed);
    area?.removeEventListener("dragstart", stay);
  };
}

export default { render };
