// One card per answer that is wanted; what a model says is text, never HTML.

const STATES = {
  waiting: ["Waiting", ""],
  asked: ["Asked", "run"],
  growing: ["Answering", "run"],
  again: ["Asked again", "warn"],
  stored: ["Stored", "ok"],
  missing: ["No answer", "bad"],
};

export class Cards {
  constructor(place, template) {
    this.place = place;
    this.template = template;
    this.cards = new Map();
  }

  /** Shows an empty card for every sample. */
  begin(samples) {
    this.place.replaceChildren();
    this.cards.clear();
    for (const sample of samples) {
      const card = this.template.content.firstElementChild.cloneNode(true);
      card.querySelector("[data-model]").textContent = sample.model;
      card.querySelector("[data-number]").textContent = `answer ${sample.sample + 1}`;
      card.setAttribute("aria-label", `Answer ${sample.sample + 1} of ${sample.model}`);
      this.cards.set(keyOf(sample), card);
      this.place.append(card);
    }
  }

  setState(sample, state) {
    const [word, kind] = STATES[state];
    const place = this.part(sample, "state");
    place.textContent = word;
    place.className = `rl-state ml-auto ${kind}`;
  }

  grow(sample, text) {
    this.setState(sample, "growing");
    this.part(sample, "text").append(text);
  }

  /** Forgets what an attempt said that broke off. */
  again(sample, reason) {
    this.setState(sample, "again");
    this.part(sample, "text").textContent = "";
    this.note(sample, reason);
  }

  store(sample, output) {
    this.setState(sample, "stored");
    this.part(sample, "text").textContent = output.output;
    const facts = [];
    if (output.completion_tokens !== null) facts.push(`${output.completion_tokens} tokens`);
    if (output.latency_ms !== null) facts.push(`${(output.latency_ms / 1000).toFixed(1)} s`);
    if (output.seed !== null) facts.push(`seed ${output.seed}`);
    this.note(sample, facts.join(" · "));
  }

  miss(sample, message) {
    this.setState(sample, "missing");
    this.part(sample, "text").textContent = "";
    this.note(sample, message);
  }

  /** Leaves only what is not stored: the rest stands among the outputs. */
  dropStored() {
    for (const card of this.cards.values()) {
      if (card.querySelector("[data-state]").textContent === STATES.stored[0]) card.remove();
    }
  }

  note(sample, text) {
    const foot = this.part(sample, "foot");
    foot.textContent = text;
    foot.hidden = !text;
  }

  part(sample, name) {
    return this.cards.get(keyOf(sample)).querySelector(`[data-${name}]`);
  }
}

function keyOf(sample) {
  return `${sample.sample} ${sample.model}`;
}
