const COOKIE = "rlflow_theme";
const YEAR = 365 * 24 * 3600;
const NAMES = { light: "rlflow", dark: "rlflow-dark" };

function shownChoice() {
  const name = document.documentElement.dataset.theme;
  return Object.keys(NAMES).find((choice) => NAMES[choice] === name) ?? "system";
}

function remember(choice) {
  const age = choice in NAMES ? YEAR : 0;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${COOKIE}=${choice}; path=/; max-age=${age}; samesite=lax${secure}`;
}

function markChoice() {
  const shown = shownChoice();
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === shown));
  }
}

/** Shows and remembers `choice`: "light", "dark", or "system", which forgets the cookie. */
export function choose(choice) {
  if (choice in NAMES) document.documentElement.dataset.theme = NAMES[choice];
  else delete document.documentElement.dataset.theme;
  remember(choice);
  markChoice();
}

function showChoices() {
  for (const switches of document.querySelectorAll("[data-theme-choices]")) switches.hidden = false;
  markChoice();
}

document.addEventListener("htmx:after:swap", showChoices);
showChoices();

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
});
