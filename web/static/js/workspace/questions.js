// The questions of the form, which is answered, and which one is active.

/** All questions that can be seen and still answered, in order. */
export function questions() {
  return [...document.querySelectorAll("#answers .rl-ask")].filter(isOpen);
}

function isOpen(question) {
  const inputs = [...question.querySelectorAll("input:not([type=hidden]), select, textarea, button")];
  return isSeen(question) && (inputs.length === 0 || inputs.some(isSeen));
}

function isSeen(element) {
  return element.getClientRects().length > 0;
}

/** The question that receives the digits. */
export function activeQuestion() {
  return document.querySelector("#answers .rl-ask.active");
}

/** Marks `question` as the one that receives the digits. */
export function mark(question) {
  for (const other of document.querySelectorAll("#answers .rl-ask.active")) other.classList.remove("active");
  question?.classList.add("active");
}

/** Puts the focus on `question`, which makes it active; the page stays where it is. */
export function focusOn(question) {
  mark(question);
  question.tabIndex = -1;
  question.focus({ preventScroll: true });
}

/** Makes `question` active and brings it into sight. */
export function activate(question) {
  focusOn(question);
  question.scrollIntoView({ block: "nearest" });
}

/** Whether every choice in `question` is made and every text is written; data-optional marks what may be left. */
export function isAnswered(question) {
  const inputs = [...question.querySelectorAll("input, select, textarea")].filter(
    (input) => input.name && input.type !== "hidden" && !("optional" in input.dataset),
  );
  const chosen = new Set(inputs.filter((input) => input.checked).map((input) => input.name));
  return inputs.length > 0 && inputs.every((input) => isFilled(input, chosen));
}

function isFilled(input, chosen) {
  if (input.type === "radio") return chosen.has(input.name);
  if (input.type === "checkbox") return true;
  return input.value.trim() !== "";
}
