// Time of active work on a task: it pauses after 60 s without activity and while the page is hidden.
const IDLE_AFTER = 60_000;
const TICK = 1000;
// A computer that slept wakes up with one long tick.
const LONGEST_TICK = 2 * TICK;
const RENEW_AFTER = 4 * 60_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "touchmove"];

let counter = null;

/** Counts on from what the form says. */
export function startTiming(form) {
  const input = form?.elements.active_ms;
  counter = input && !("readonly" in form.dataset) ? { input, ms: Number(input.value) || 0, renewed: 0 } : null;
  if (counter) counter.last = counter.sign = performance.now();
  show();
}

function count() {
  if (!counter) return;
  const now = performance.now();
  const passed = Math.min(now - counter.last, LONGEST_TICK);
  counter.last = now;
  if (document.hidden || now - counter.sign > IDLE_AFTER) return;
  counter.ms += passed;
  counter.renewed += passed;
  show();
  if (counter.renewed < RENEW_AFTER) return;
  counter.renewed = 0;
  document.dispatchEvent(new CustomEvent("workspace:renew"));
}

function show() {
  if (!counter) return;
  counter.input.value = String(Math.round(counter.ms));
  const text = document.querySelector("[data-active-time]");
  if (!text) return;
  const seconds = Math.floor(counter.ms / 1000);
  text.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  text.closest("[data-active]").hidden = false;
}

function sign() {
  if (counter) counter.sign = performance.now();
}

for (const name of SIGNS) document.addEventListener(name, sign, { capture: true, passive: true });
document.addEventListener("submit", count, true);
setInterval(count, TICK);
