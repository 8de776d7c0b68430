// Answers that grow before one's eyes. Without this module the form starts a job, whose progress the page shows.
import { announce } from "../notices.js";
import { Cards } from "./cards.js";
import { eventsOf } from "./events.js";

const NO_ANSWER = "The server did not answer. Check the connection; answers that were whole are kept.";
const SIGNED_OUT = "You are signed out, or this page is too old. Load it again.";
const BROKEN_OFF = "The connection broke off. Answers that were whole are kept; load the page to see them.";

let running = null;

function formOf(event) {
  const form = event.target;
  return form.id === "generate-form" && event.submitter?.matches("[data-live]") ? form : null;
}

function find(name) {
  return document.querySelector(`#live [data-${name}]`);
}

function showError(text) {
  const place = find("live-error");
  place.textContent = text;
  place.hidden = !text;
}

function setRunning(on) {
  for (const button of document.querySelectorAll("[data-live], [data-background]")) button.disabled = on;
  for (const button of document.querySelectorAll("[data-stop]")) button.hidden = !on;
}

async function refusalOf(answer) {
  if (!answer.headers.get("Content-Type")?.includes("json")) {
    return [401, 403].includes(answer.status) ? SIGNED_OUT : `The server refused this (${answer.status}).`;
  }
  return (await answer.json()).message;
}

function show(cards, { name, data }) {
  if (name === "start") cards.begin(data.samples);
  else if (name === "sample") cards.setState(data, "asked");
  else if (name === "delta") cards.grow(data, data.text);
  else if (name === "retry") cards.again(data, data.message);
  else if (name === "output") cards.store(data, data.output);
  else if (name === "error" && data.model) cards.miss(data, data.message);
  else if (name === "error") showError(data.message);
}

function finish(result) {
  const count = result.outputs.length;
  const text = count === result.wanted ? `${count} stored` : `${count} of ${result.wanted} stored`;
  find("live-state").textContent = text;
  announce(text);
}

async function run(form) {
  const section = document.getElementById("live");
  const cards = new Cards(find("cards"), document.getElementById("answer-card"));
  section.hidden = false;
  find("live-state").textContent = "";
  cards.begin([]);
  showError("");
  running = new AbortController();
  setRunning(true);
  let ended = false;
  try {
    const answer = await fetch(form.dataset.stream, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-CSRF-Token": form.elements.csrf_token.value },
      signal: running.signal,
    });
    if (!answer.ok) return showError(await refusalOf(answer));
    for await (const event of eventsOf(answer)) {
      show(cards, event);
      if (event.name === "done") {
        ended = true;
        finish(event.data);
      }
    }
    if (!ended) showError(BROKEN_OFF);
  } catch {
    if (running.signal.aborted) {
      find("live-state").textContent = "stopped; answers that were whole are kept";
      announce("Stopped");
    } else showError(NO_ANSWER);
  } finally {
    running = null;
    setRunning(false);
    await refresh(form.dataset.answers);
    cards.dropStored();
    section.hidden = !find("cards").childElementCount && find("live-error").hidden;
  }
}

function refresh(address) {
  // What is stored by now, also by others, stands below.
  return window.htmx.ajax("GET", address, { target: "#answers", swap: "outerHTML" });
}

function showChoice() {
  for (const button of document.querySelectorAll("[data-background]")) button.hidden = false;
}

document.addEventListener("submit", (event) => {
  const form = formOf(event);
  if (!form) return;
  event.preventDefault();
  if (!running) run(form);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-stop]")) running?.abort();
});

document.addEventListener("htmx:after:swap", showChoice);
showChoice();
