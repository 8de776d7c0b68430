const started = new WeakSet();

async function start(element) {
  if (started.has(element)) return;
  started.add(element);
  try {
    const module = await import(element.dataset.module);
    await module.default(element);
  } catch (error) {
    // A widget works without its module, so the page goes on; the attribute lets a test or a page see it.
    element.dataset.moduleFailed = "";
    console.error(`${element.dataset.module}: ${error}`);
  }
}

/** Starts every widget module named by data-module, each once per element. */
export function startModules() {
  document.querySelectorAll("[data-module]").forEach(start);
}

document.addEventListener("htmx:after:swap", startModules);
startModules();
