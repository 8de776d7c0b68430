import { announce } from "./notices.js";

/** Shows the buttons that copy the text beside them; without a clipboard they stay hidden. */
export function showCopyButtons() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

/** The text that was written: without what the page adds to it. */
function textOf(element) {
  const copy = element.cloneNode(true);
  for (const added of copy.querySelectorAll("summary, .rl-note")) added.remove();
  return copy.textContent;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const scope = button.closest("[data-copy-scope]");
  const text = textOf((scope ?? button.parentElement).querySelector("[data-copy-text]"));
  // A path is shown where a link is meant: what is sent to somebody needs the address of this server too.
  await navigator.clipboard.writeText(!scope && text.startsWith("/") ? location.origin + text : text);
  announce("Copied");
});
document.addEventListener("htmx:after:swap", showCopyButtons);
showCopyButtons();
