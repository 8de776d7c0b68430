// Keeps the keys that are pressed before the scripts of the workspace are all there, so that they act in their order.
// No module and not deferred: it listens before anything is shown, and before every other script.
(() => {
  const pressed = [];
  // What has the focus by itself, such as a text field or a button, takes its keys already.
  const takesKeys = (element) =>
    element.closest("textarea, select, button, a, summary, [contenteditable], input:not([type=radio], [type=checkbox])");
  const keep = (event) => {
    if (takesKeys(event.target)) return;
    event.stopImmediatePropagation();
    if (event.repeat) return;
    pressed.push(event);
  };
  document.addEventListener("keydown", keep);
  window.rlTakeEarlyKeys = () => {
    document.removeEventListener("keydown", keep);
    return pressed.splice(0);
  };
})();
