// Sending answers: the same answer always under the same key, so that sending it twice stores one label.
import { showError } from "../notices.js";
import { changeCopy, readCopy } from "./browser_copy.js";
import { showState } from "./draft_state.js";
import { forgetDraft, resumeSaving, stopSaving } from "./drafts.js";
import { readFields } from "./fields.js";
import { renewToken } from "./form_token.js";

const SIGNED_OUT = "You are signed out. Sign in again in another tab; your draft is kept, then send it again.";
const SEND_AGAIN = "You had signed in anew elsewhere. Send it again.";
const SENT_FROM_DESK = "#answers, #skip form";

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Browsers have randomUUID on https and on this machine only.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function setKey(form) {
  const input = form.elements.idempotency_key;
  const content = JSON.stringify(readFields(form));
  const attempt = readCopy(form.dataset.assignment)?.attempt;
  if (attempt?.content === content) input.value = attempt.key;
  else if (attempt) input.value = newKey();
  changeCopy(form.dataset.assignment, { attempt: { content, key: input.value } });
}

function formOf(event) {
  const source = event.detail.ctx?.sourceElement;
  const form = source?.form ?? source?.closest?.("form");
  return form?.matches(SENT_FROM_DESK) ? form : null;
}

// On its way down, so that the key stands in the form before htmx reads it.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target.id === "answers") setKey(event.target);
  },
  true,
);

document.addEventListener("htmx:before:request", (event) => {
  if (formOf(event)) stopSaving();
});

document.addEventListener("htmx:after:request", (event) => {
  if (!formOf(event)) return;
  // An address to go on to says that the answer was taken.
  if (event.detail.ctx.response.headers.has("HX-Replace-Url")) forgetDraft();
  else resumeSaving();
});

// A sign-in that ended takes its form token along, so 403 may mean the same as 401.
document.addEventListener("htmx:response:error", async (event) => {
  const form = formOf(event);
  if (!form || ![401, 403].includes(event.detail.ctx.response.status)) return;
  const address = document.getElementById("answers").dataset.address;
  if (await renewToken(address).catch(() => false)) return showError(SEND_AGAIN);
  stopSaving();
  showState("signed-out");
  showError(SIGNED_OUT);
});

document.addEventListener("htmx:error", (event) => {
  if (formOf(event)) resumeSaving();
});
