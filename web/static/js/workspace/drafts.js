// Keeps what is written: in this browser at once, on the server after a pause; says so only when it is true.
import { clearErrors } from "../notices.js";
import { changeCopy, dropCopy, dropOldCopies, readCopy } from "./browser_copy.js";
import { showSaved, showState, shownState } from "./draft_state.js";
import { fillFields, readFields } from "./fields.js";
import { formToken, renewToken } from "./form_token.js";
import { setReservation } from "./reservation.js";

const PAUSE = 800;
const RETRY_AFTER = [4000, 8000, 16000, 30000];
const SLOW = 400;
const LARGEST_KEEPALIVE = 60_000;

let draft = null;

/** Takes up the draft of `form`: what this browser has and the server has not is put back and saved. */
export function startDraft(form) {
  stopSaving();
  draft = null;
  // What was submitted stands until it is changed as a whole, so a change has no draft.
  if (!form || "readonly" in form.dataset || "revising" in form.dataset) return;
  draft = { form, id: form.dataset.assignment, version: Number(form.dataset.draftVersion), failures: 0 };
  dropOldCopies();
  if ("posted" in form.dataset) keep();
  else restore(readCopy(draft.id));
}

function restore(copy) {
  if (!copy?.fields || copy.synced) return;
  const savedAt = Date.parse(draft.form.dataset.draftSaved ?? "") || 0;
  // Saved from elsewhere, and later: what the server has is newer.
  if (copy.version !== draft.version && copy.at < savedAt) {
    dropCopy(draft.id);
    return;
  }
  draft.restoring = true;
  fillFields(draft.form, copy.fields);
  draft.restoring = false;
  draft.unsaved = true;
  saveSoon(0);
}

/** Keeps the draft from being sent while something else is. */
export function stopSaving() {
  if (!draft) return;
  clearTimeout(draft.timer);
  draft.request?.abort();
  draft.paused = true;
}

/** Lets the draft be sent again. */
export function resumeSaving() {
  if (!draft?.paused) return;
  draft.paused = false;
  if (draft.unsaved) saveSoon(PAUSE);
}

/** Forgets the copy of the task on the desk, which the server now has. */
export function forgetDraft() {
  if (draft) dropCopy(draft.id);
}

function note(event) {
  if (!draft || draft.restoring || event.target.form !== draft.form || !event.target.name?.includes(".")) return;
  keep();
}

function keep() {
  draft.isKept = changeCopy(draft.id, { fields: readFields(draft.form), version: draft.version, synced: false });
  draft.unsaved = true;
  draft.changed = true;
  saveSoon(PAUSE);
}

function saveSoon(delay) {
  if (!draft || draft.paused) return;
  clearTimeout(draft.timer);
  draft.timer = setTimeout(save, delay);
}

async function save({ keepalive = false } = {}) {
  if (!draft || draft.paused) return;
  const mine = draft;
  clearTimeout(mine.timer);
  mine.request?.abort();
  mine.request = new AbortController();
  const slow = setTimeout(() => showState("saving"), SLOW);
  mine.changed = false;
  try {
    const answer = await send(mine, keepalive);
    if (draft === mine) await settle(mine, answer);
  } catch (error) {
    if (error.name !== "AbortError" && draft === mine) keepTrying(mine);
  } finally {
    clearTimeout(slow);
  }
}

function send(mine, keepalive) {
  const body = new URLSearchParams(new FormData(mine.form));
  return fetch(`${mine.form.dataset.address}/draft`, {
    method: "POST",
    body,
    headers: { "X-CSRF-Token": formToken(), "HX-Request": "true" },
    signal: mine.request.signal,
    keepalive: keepalive && body.toString().length < LARGEST_KEEPALIVE,
  });
}

async function settle(mine, answer) {
  if (answer.ok) return noteSaved(mine, await answer.json());
  if (answer.status === 403 && !mine.renewed) {
    mine.renewed = true;
    if (await renewToken(mine.form.dataset.address)) return save();
  }
  if (answer.status === 401 || answer.status === 403) return showState("signed-out");
  if (answer.status !== 404 && answer.status !== 409) return keepTrying(mine);
  mine.paused = true;
  return showState("elsewhere");
}

function noteSaved(mine, saved) {
  mine.failures = 0;
  mine.renewed = false;
  mine.version = saved.version;
  mine.unsaved = mine.changed;
  changeCopy(mine.id, { version: saved.version, synced: !mine.changed });
  setReservation(saved.reserved_seconds);
  showSaved(saved.saved_at);
  if (mine.changed) saveSoon(PAUSE);
}

function keepTrying(mine) {
  showState(mine.isKept === false ? "unkept" : "kept");
  saveSoon(RETRY_AFTER[Math.min(mine.failures, RETRY_AFTER.length - 1)]);
  mine.failures += 1;
}

async function goOn() {
  if (!draft || shownState() !== "signed-out") return;
  if (!(await renewToken(draft.form.dataset.address).catch(() => false))) return;
  clearErrors();
  draft.paused = false;
  save();
}

document.addEventListener("input", note);
document.addEventListener("change", note);
document.addEventListener("workspace:renew", () => save());
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-draft-retry]")) goOn();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && draft?.unsaved) save({ keepalive: true });
});
window.addEventListener("focus", goOn);
window.addEventListener("online", () => draft?.unsaved && save());
