// How long the task is still reserved, counted down from what the server said.
import { showState } from "./draft_state.js";

const MINUTE = 60_000;
const LOOK_EVERY = 5000;

let endsAt = null;

/** Starts from what the page says. */
export function startReservation(form) {
  setReservation(form?.dataset.reservedSeconds ? Number(form.dataset.reservedSeconds) : null);
}

/** Notes that the task is reserved for so many seconds from now; null: not at all. */
export function setReservation(seconds) {
  endsAt = seconds === null || seconds === undefined ? null : Date.now() + 1000 * seconds;
  show();
}

function show() {
  const text = document.querySelector("[data-reserved-text]");
  if (!text || endsAt === null) return;
  const left = endsAt - Date.now();
  text.closest("[data-reserved]").hidden = left <= 0;
  text.textContent = left < MINUTE ? "reserved for less than 1 min" : `reserved for ${Math.floor(left / MINUTE)} min`;
  if (left <= 0) showState("over");
}

setInterval(show, LOOK_EVERY);
