// Sliders say what they show. To a screen reader noUiSlider tells where the handle stands, the tenth of a list of
// stops; the number that it means stands beside it, and its name before it.

function render({ el }) {
  const watch = new MutationObserver(() => say(el.closest(".nnlib-live")));
  let waiting = requestAnimationFrame(function look() {
    const panel = el.closest(".nnlib-live");
    if (!panel) {
      waiting = requestAnimationFrame(look); // not on the page yet
      return;
    }
    const changes = { subtree: true, childList: true, characterData: true, attributeFilter: ["aria-valuetext"] };
    watch.observe(panel, changes);
    say(panel);
  });
  return () => {
    cancelAnimationFrame(waiting);
    watch.disconnect();
  };
}

function say(panel) {
  for (const handle of panel?.querySelectorAll("[role=slider]") ?? []) {
    const box = handle.closest(".widget-inline-hbox");
    set(handle, "aria-valuetext", box?.querySelector(".widget-readout")?.textContent);
    set(handle, "aria-label", box?.querySelector(".widget-label")?.textContent);
  }
}

function set(handle, name, text) {
  if (text && handle.getAttribute(name) !== text) handle.setAttribute(name, text);
}

export default { render };
