// How many of the questions are answered.
import { isAnswered, questions } from "./questions.js";

/** Writes "2 of 3 answered". */
export function showAnswered() {
  const place = document.querySelector("[data-answered]");
  if (!place) return;
  const all = questions();
  place.textContent = `${all.filter(isAnswered).length} of ${all.length} answered`;
  place.hidden = all.length === 0;
}

document.addEventListener("input", showAnswered);
document.addEventListener("change", showAnswered);
