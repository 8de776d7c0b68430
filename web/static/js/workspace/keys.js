// The keyboard: digits answer the active question, arrows and Enter move, letters act, Ctrl+Enter submits.
import { lettersAreOn } from "./letters.js";
import { activate, activeQuestion, focusOn, isAnswered, mark, questions } from "./questions.js";

const NOT_TEXT = new Set(["radio", "checkbox", "button", "submit", "reset", "range", "color", "file", "image"]);
const STEPS = { Enter: 1, ArrowDown: 1, ArrowUp: -1 };
const LETTER_STEPS = { j: 1, k: -1 };
const CHOICES = "input[data-key]:not([type=text]), button[data-key]";
const FIELDS = "textarea[data-key], input[type=text][data-key]";

/** Puts the focus on what needs it: a refused answer, else the first question. */
export function startKeys(form) {
  if (!form || "readonly" in form.dataset) return;
  const refused = document.querySelector('#trouble a[href^="#widget-"]');
  // A row was added or dropped: the focus stays where it is.
  if ("posted" in form.dataset && !refused) return;
  const wrong = refused ? [...document.querySelectorAll(`${refused.hash} .rl-ask`)] : [];
  const question = wrong.find((one) => !isAnswered(one)) ?? wrong[0];
  if (question) activate(question);
  else if (questions()[0]) focusOn(questions()[0]);
}

function isText(element) {
  if (element.isContentEditable || element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement && !NOT_TEXT.has(element.type);
}

function submit() {
  const button = document.querySelector("#answers [data-submit]");
  button?.form.requestSubmit(button);
}

/** Makes the next or previous question active; after the last one comes the submit button. */
function move(step) {
  const all = questions();
  const index = all.indexOf(activeQuestion());
  const next = index < 0 ? all[0] : all[index + step];
  if (next) activate(next);
  else if (step > 0) document.querySelector("#answers [data-submit]")?.focus();
}

function digitOf(event) {
  // Some keyboards type digits with shift only.
  return event.shiftKey ? null : (/^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? null);
}

function withKey(scope, key, selector = "[data-key]") {
  const found = [...scope.querySelectorAll(selector)].filter(
    (element) =>
      element.dataset.key.toLowerCase().split(" ").includes(key) &&
      !element.disabled &&
      element.getClientRects().length > 0,
  );
  const open = found.find((element) => !isChosenGroup(element));
  return open ?? found[0];
}

function isChosenGroup(element) {
  if (element.type !== "radio" || element.form === null) return false;
  return new FormData(element.form).has(element.name);
}

/** The active question and those before it, the nearest first. */
function questionsBack() {
  const all = questions();
  return all.slice(0, Math.max(all.indexOf(activeQuestion()), 0) + 1).reverse();
}

/** The choice that `key` stands for in the active question; a question of text leaves its keys to the one before it. */
function choiceFor(key) {
  const question = questionsBack().find((one) => one.querySelector(CHOICES) ?? numberIn(one));
  return question ? withKey(question, key, CHOICES) : null;
}

/** The text field that `key` stands for: in the active question, else in the last one before it. */
function fieldFor(key) {
  for (const question of questionsBack()) {
    const found = withKey(question, key, FIELDS);
    if (found) return found;
  }
  return null;
}

function numberIn(question) {
  return question?.querySelector("input[type=number]:not(:disabled):not([readonly])") ?? null;
}

function press(element) {
  if (isText(element)) return element.focus();
  element.click();
  const question = element.closest("#answers .rl-ask");
  if (element.type !== "radio" || question !== activeQuestion()) return undefined;
  return isAnswered(question) && question !== questions().at(-1) ? move(1) : element.focus();
}

function pressKey(event, dialog) {
  const desk = document.getElementById("workspace");
  const number = dialog ? null : numberIn(activeQuestion());
  // The field has the focus before the key is typed, so that the digit lands in it.
  if (number && /^[-.,0-9]$/.test(event.key)) return number.focus();
  for (const key of [event.key.toLowerCase(), digitOf(event)]) {
    if (!key) continue;
    const target = dialog
      ? withKey(dialog, key)
      : (choiceFor(key) ?? fieldFor(key) ?? withKey(desk, key, `button[data-key]:not(.rl-ask button), ${FIELDS}`));
    if (!target) continue;
    event.preventDefault();
    return press(target);
  }
  if (dialog || !(event.key.toLowerCase() in LETTER_STEPS) || !mayMove(event.target)) return undefined;
  event.preventDefault();
  return move(LETTER_STEPS[event.key.toLowerCase()]);
}

function inText(event) {
  const { target } = event;
  const question = target.closest("#answers .rl-ask");
  if (event.key === "Escape" && question) {
    event.preventDefault();
    activate(question);
  } else if (event.key === "Enter" && question && !(target instanceof HTMLTextAreaElement)) {
    event.preventDefault();
    move(1);
  }
}

function mayMove(target) {
  if (target instanceof HTMLSelectElement || target.type === "range") return false;
  return target === document.body || target.closest("#answers") !== null;
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return undefined;
  const dialog = document.querySelector("dialog:modal");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return dialog || event.repeat ? undefined : submit();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("workspace") === null) return undefined;
  if (isText(event.target)) return dialog ? undefined : inText(event);
  if (event.key in STEPS && !dialog) {
    if (!mayMove(event.target) || (event.key === "Enter" && event.target.closest("button, a, summary"))) return undefined;
    event.preventDefault();
    return move(STEPS[event.key]);
  }
  // A list that opens takes digits and letters itself.
  if (event.repeat || !lettersAreOn() || event.target instanceof HTMLSelectElement) return undefined;
  return pressKey(event, dialog);
}

/** Does what was pressed so far, once all scripts are there and htmx has taken over the forms. */
export function replayEarlyKeys() {
  document.addEventListener("DOMContentLoaded", () => window.rlTakeEarlyKeys().forEach(pressAgain));
}

function pressAgain({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
  const again = { key, code, ctrlKey, metaKey, altKey, shiftKey, bubbles: true, cancelable: true };
  const isTaken = !document.activeElement.dispatchEvent(new KeyboardEvent("keydown", again));
  // An event that a script makes moves the focus but types nothing.
  const types = key.length === 1 && !ctrlKey && !metaKey && isText(document.activeElement);
  if (!isTaken && types) document.execCommand("insertText", false, key);
}

document.addEventListener("keydown", onKey);
document.addEventListener("focusin", (event) => {
  const question = event.target.closest?.("#answers .rl-ask");
  if (question) mark(question);
});
