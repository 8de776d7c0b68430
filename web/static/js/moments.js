const MONTH = { month: "short", day: "numeric" };

function sameDay(one, other) {
  return one.toDateString() === other.toDateString();
}

function write(when, now) {
  if (sameDay(when, now)) return when.toLocaleTimeString("en-GB");
  const year = when.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  return when.toLocaleDateString("en-GB", { ...MONTH, ...year });
}

/** Writes the times of the page, which come in UTC, in the reader's own zone. */
export function localise() {
  for (const element of document.querySelectorAll("time[datetime]:not([data-local])")) {
    const when = new Date(element.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    element.dataset.local = "";
    element.textContent = write(when, new Date());
    element.title = when.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
  }
}

document.addEventListener("htmx:after:swap", localise);
localise();
