// A task that fits on a phone needs no button that shows the whole of it.

/** Marks a task that fits. */
export function showClamp() {
  const task = document.querySelector(".rl-clamp > .rl-task");
  if (!task) return;
  const box = task.parentElement;
  box.classList.remove("fits");
  box.classList.toggle("fits", task.scrollHeight <= task.clientHeight + 1);
}

window.addEventListener("resize", showClamp);
