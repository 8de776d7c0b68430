// Where the reader was in a task stays when the same task is shown again, as after a refused answer.
let place = null;

function inTask() {
  const assignment = document.getElementById("answers")?.dataset.assignment;
  const panes = [...document.querySelectorAll(".rl-panes input")];
  return {
    assignment,
    top: document.getElementById("content").scrollTop,
    pane: panes.findIndex((pane) => pane.checked),
    isWhole: document.querySelector(".rl-unclamp input")?.checked ?? false,
  };
}

/** Goes back to the place from before the swap, if the task is still the same. */
export function restorePlace() {
  const now = inTask();
  if (!place || !now.assignment || place.assignment !== now.assignment) return;
  const whole = document.querySelector(".rl-unclamp input");
  if (whole) whole.checked = place.isWhole;
  const pane = document.querySelectorAll(".rl-panes input")[place.pane];
  if (pane) pane.checked = true;
  document.getElementById("content").scrollTop = place.top;
}

document.addEventListener("htmx:before:swap", () => {
  place = document.getElementById("workspace") ? inTask() : null;
});
