// Whether long lines of code wrap is the reader's choice, and stays it from task to task.
const KEY = "rlflow-wrap";

/** Sets the switch of this page to what was chosen last. */
export function restoreWrap() {
  const box = document.querySelector(".rl-wrap input");
  try {
    if (box) box.checked = localStorage.getItem(KEY) === "on";
  } catch {
    // Without storage the choice lasts for one task.
  }
}

document.addEventListener("change", (event) => {
  if (!event.target.closest?.(".rl-wrap")) return;
  try {
    localStorage.setItem(KEY, event.target.checked ? "on" : "off");
  } catch {
    // As above.
  }
});
