// Whether keys without Ctrl work: people who speak to their computer turn them off, and the browser remembers.
const NAME = "rlflow.keys";

/** Whether single keys act. */
export function lettersAreOn() {
  try {
    return localStorage.getItem(NAME) !== "off";
  } catch {
    return true;
  }
}

function show() {
  for (const label of document.querySelectorAll("[data-letters]")) {
    label.hidden = false;
    label.querySelector("input").checked = lettersAreOn();
  }
  if (!/Mac|iPhone|iPad/.test(navigator.platform)) return;
  for (const key of document.querySelectorAll("[data-modifier]")) key.textContent = "⌘";
}

document.addEventListener("change", (event) => {
  if (!event.target.closest?.("[data-letters]")) return;
  try {
    localStorage.setItem(NAME, event.target.checked ? "on" : "off");
  } catch {
    event.target.checked = true;
  }
});
document.addEventListener("htmx:after:swap", show);
show();
