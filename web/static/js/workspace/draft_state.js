// The line in the action bar that says where the draft is.
import { announce } from "../notices.js";

const SPOKEN = new Set(["kept", "unkept", "over", "signed-out", "elsewhere"]);

/** The state shown now, or undefined where there is no line. */
export function shownState() {
  return document.querySelector("[data-draft]")?.dataset.draft;
}

/** Shows one of: saved, saving, kept, unkept, over, signed-out, elsewhere; what needs attention is spoken once. */
export function showState(state) {
  const line = document.querySelector("[data-draft]");
  if (!line || line.dataset.draft === state) return;
  line.dataset.draft = state;
  const words = line.querySelector(`[data-when="${state}"]`);
  if (words && SPOKEN.has(state)) announce(words.textContent.trim().replace(/\s+/g, " "));
}

/** Shows that the server had the draft at `when`. */
export function showSaved(when) {
  const time = document.querySelector("[data-draft-time]");
  if (!time) return;
  time.textContent = new Date(when).toLocaleTimeString("en-GB");
  showState("saved");
}
