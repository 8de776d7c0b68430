// The annotator's workspace: starts its parts with the page and again with every new task.
import { showAnswered } from "./answered.js";
import { showClamp } from "./clamp.js";
import "./dialogs.js";
import { startDraft } from "./drafts.js";
import { replayEarlyKeys, startKeys } from "./keys.js";
import { restorePlace } from "./place.js";
import { startReservation } from "./reservation.js";
import "./submits.js";
import { startTiming } from "./timing.js";
import { restoreWrap } from "./wrap.js";

let started = null;

function start() {
  const desk = document.getElementById("workspace");
  if (!desk || desk === started) return;
  started = desk;
  const form = document.getElementById("answers");
  startDraft(form);
  startTiming(form);
  startReservation(form);
  restoreWrap();
  showAnswered();
  showClamp();
  restorePlace();
  startKeys(form);
}

document.addEventListener("htmx:after:swap", start);
start();
replayEarlyKeys();
