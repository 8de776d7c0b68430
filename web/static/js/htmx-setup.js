import { announce, clearErrors, showError } from "./notices.js";

// Answers that hold a whole error page, not a fragment. 409 and 422 are swapped: they are our own forms.
const NOT_FRAGMENTS = [400, 401, 403, 404, 405, 410, 413, 415, 429, "5xx"];

const TEXTS = {
  401: "You are signed out. Sign in again in another tab, then repeat this.",
  403: "You may not do this here. If you were signed in all along, load the page again.",
  404: "This no longer exists. Load the page again.",
  413: "This is too large for the server.",
  429: "Too many requests. Wait a minute, then repeat this.",
};
const SERVER_FAILED = "The server failed. Load the page again to see what it kept.";
const NO_ANSWER = "The server did not answer. Check the connection, then repeat this.";

window.htmx.config.noSwap = [204, 304, ...NOT_FRAGMENTS];

/** The sentence for a refused request: the server's own, marked by data-error, or ours for that status. */
function errorText(status, body) {
  const page = new DOMParser().parseFromString(body, "text/html");
  const own = page.querySelector("[data-error]")?.textContent.trim();
  return own || TEXTS[status] || (status >= 500 ? SERVER_FAILED : `The server refused this (${status}).`);
}

function isShownAsFragment(status) {
  return status < 500 && !NOT_FRAGMENTS.includes(status);
}

function firstInside(elements, selector) {
  for (const element of elements) {
    if (!(element instanceof Element)) continue;
    const found = element.matches(selector) ? element : element.querySelector(selector);
    if (found) return found;
  }
  return null;
}

document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) event.detail.ctx.request.headers["X-CSRF-Token"] = token;
});

document.addEventListener("htmx:response:error", (event) => {
  const { response, text } = event.detail.ctx;
  if (!isShownAsFragment(response.status)) showError(errorText(response.status, text));
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx) showError(NO_ANSWER);
});

document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response.status < 400) clearErrors();
});

document.addEventListener("htmx:after:settle", (event) => {
  const { newContent } = event.detail;
  firstInside(newContent, "[data-focus]")?.focus();
  const spoken = firstInside(newContent, "[data-announce]");
  if (spoken) announce(spoken.dataset.announce || spoken.textContent.trim());
});
