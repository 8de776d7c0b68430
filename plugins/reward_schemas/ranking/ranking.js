// Ranks by pressing outputs in one's order, by dragging and by arrow keys; the lists of ranks hold the answer.
import Sortable from "/static/vendor/sortable.js";

const EDGES = { ArrowUp: -1, ArrowDown: 1 };

class Ranks {
  constructor(element, list) {
    this.list = list;
    this.allowsTies = "ties" in list.dataset;
    this.said = element.querySelector("[data-said]");
    this.last = null;
  }

  get rows() {
    return [...this.list.children];
  }

  /** The ranked outputs from best to worst, those of one rank together. */
  get groups() {
    const byRank = new Map();
    for (const row of this.rows) {
      const rank = Number(selectOf(row).value);
      if (rank) byRank.set(rank, [...(byRank.get(rank) ?? []), row]);
    }
    return [...byRank].sort(([a], [b]) => a - b).map(([, rows]) => rows);
  }

  /** Writes the ranks of `groups` into the lists, those of all others empty, and tells the page once. */
  write(groups, moved) {
    const ranks = new Map(groups.filter((rows) => rows.length).flatMap((rows, at) => rows.map((row) => [row, at + 1])));
    for (const row of this.rows) selectOf(row).value = ranks.get(row) ?? "";
    this.last = moved;
    this.show();
    selectOf(moved).dispatchEvent(new Event("change", { bubbles: true }));
    const rank = ranks.get(moved);
    const others = rank ? groups.find((rows) => rows.includes(moved)).filter((row) => row !== moved) : [];
    const tied = others.length ? `, tied with ${others.map((row) => row.dataset.letter).join(", ")}` : "";
    this.said.textContent = `Output ${moved.dataset.letter}: ${rank ? `rank ${rank}${tied}` : "not ranked"}`;
  }

  /** Puts the rows into the order of their ranks, those without one last. */
  show() {
    const focused = document.activeElement;
    const ranked = this.groups.flat();
    const rest = this.rows.filter((row) => !ranked.includes(row));
    const order = [...ranked, ...rest.sort((a, b) => a.dataset.place - b.dataset.place)];
    if (order.some((row, at) => row !== this.rows[at])) this.list.append(...order);
    for (const row of order) row.toggleAttribute("data-ranked", ranked.includes(row));
    if (this.list.contains(focused)) focused.focus({ preventScroll: true });
  }

  without(row) {
    return this.groups.map((rows) => rows.filter((one) => one !== row)).filter((rows) => rows.length);
  }

  /** Ranks an output next, or takes its rank back. */
  pick(row) {
    const groups = this.without(row);
    this.write(selectOf(row).value ? groups : [...groups, [row]], row);
  }

  /** Moves an output before the one above it or behind the one below; out of a tie first. */
  move(row, step) {
    const groups = this.groups;
    const at = groups.findIndex((rows) => rows.includes(row));
    const others = this.without(row);
    if (at < 0) return step < 0 ? this.write([...groups, [row]], row) : undefined;
    const isTied = groups[at].length > 1;
    const place = step < 0 ? at - (isTied ? 0 : 1) : at + 1;
    others.splice(Math.max(place, 0), 0, [row]);
    return this.write(others, row);
  }

  /** Gives an output the rank of the one above it, or ends its tie. */
  tie(row) {
    const groups = this.groups;
    const at = groups.findIndex((rows) => rows.includes(row));
    if (at < 0) return;
    const others = this.without(row);
    if (groups[at].length > 1) others.splice(at + 1, 0, [row]);
    else if (at > 0) others[at - 1].push(row);
    else return;
    this.write(others, row);
  }

  /** Takes an output where it was dropped; between two that are tied it is tied with them, if ties are allowed. */
  drop(row) {
    const at = this.rows.indexOf(row);
    const before = this.rows[at - 1];
    const groups = this.without(row);
    const above = groups.findIndex((rows) => rows.includes(before));
    const splits = above >= 0 && groups[above].includes(this.rows[at + 1]);
    if (splits && this.allowsTies) groups[above].push(row);
    else if (before && above < 0) groups.push([row]);
    else groups.splice(above + 1, 0, [row]);
    this.write(groups, row);
  }
}

function selectOf(row) {
  return row.querySelector("select");
}

function listen(element, ranks) {
  const rowOf = (event) => event.target.closest?.("[data-ranks] > li");
  element.addEventListener("click", (event) => {
    if (event.target.closest("[data-pick]")) ranks.pick(rowOf(event));
    const focused = document.activeElement.closest("[data-ranks] > li");
    if (event.target.closest("[data-tie]") && (focused ?? ranks.last)) ranks.tie(focused ?? ranks.last);
  });
  element.addEventListener("keydown", (event) => {
    const row = rowOf(event);
    if (!row || !(event.key in EDGES) || !event.target.matches("[data-pick]")) return;
    event.preventDefault();
    ranks.move(row, EDGES[event.key]);
  });
  element.addEventListener("change", (event) => {
    if (event.target.matches("select")) ranks.show();
  });
}

export default function start(element) {
  const list = element.querySelector("[data-ranks]");
  if (!list) return;
  const ranks = new Ranks(element, list);
  ranks.rows.forEach((row, place) => (row.dataset.place = place));
  for (const part of element.querySelectorAll("[data-live]")) part.hidden = false;
  for (const part of element.querySelectorAll("[data-plain]")) part.hidden = true;
  listen(element, ranks);
  Sortable.create(list, { handle: "[data-grip]", animation: 0, onEnd: (event) => ranks.drop(event.item) });
  ranks.show();
}
