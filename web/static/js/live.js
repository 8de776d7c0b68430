let opened = new Set();

/** Asks for news every so many seconds while somebody looks, and at once when they look again. */
export default function live(element) {
  for (const details of element.querySelectorAll("details[id]")) details.open ||= opened.has(details.id);
  let asked = Date.now();

  function ask() {
    if (document.hidden) return;
    asked = Date.now();
    opened = new Set([...element.querySelectorAll("details[open][id]")].map((details) => details.id));
    element.dispatchEvent(new CustomEvent("ask-again"));
  }

  const every = Number(element.dataset.every) * 1000;
  const timer = setInterval(() => (element.isConnected ? ask() : stop()), every);
  const look = () => (element.isConnected ? Date.now() - asked >= every && ask() : stop());
  function stop() {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  }
  document.addEventListener("visibilitychange", look);
}
