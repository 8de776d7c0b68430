/** Puts `text` on the status line, which a screen reader speaks. */
export function announce(text) {
  const line = document.getElementById("rl-status");
  // Emptied first: the same text twice is otherwise no change, and is not spoken again.
  line.textContent = "";
  requestAnimationFrame(() => {
    line.textContent = text;
  });
}

/** Shows `text` as an error under the top bar, in place of an earlier one. */
export function showError(text) {
  const notice = document.getElementById("rl-error-notice").content.firstElementChild.cloneNode(true);
  notice.dataset.requestError = "";
  notice.querySelector("strong").textContent = text;
  clearErrors();
  document.getElementById("rl-notices")?.append(notice);
}

/** Removes what showError showed. */
export function clearErrors() {
  document.querySelectorAll("[data-request-error]").forEach((notice) => notice.remove());
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".rl-callout")?.remove();
});
