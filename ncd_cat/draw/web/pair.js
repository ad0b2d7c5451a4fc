// The page of two diagrams: cut points beside them, both ends of each linked, and what parts one key away.

const KEYS = [
  ["n / p", "next, previous cut point"], ["d", "where the two part"], ["Tab", "go from glyph to glyph: the equal one is shown too"],
  ["Enter, Space", "open or close the block in focus"], ["arrows, drag", "move; the arrows both, with Shift further"], ["+ −, wheel", "larger, smaller"],
  ["0", "fit both"], ["e / c", "open all blocks / close all"], ["t", "dark or light"], ["Esc", "nothing chosen"], ["?", "this list"],
];
const GUTTER = 44; // between the two, where the links are
const NONE = [[], []];

// One of the two: a drawing whose glyphs have marks.
class Half extends Blocks {
  constructor(page, data, which) {
    super(data.levels, data.sides[which], new Canvas(data.sides[which].title));
    Object.assign(this, { page, which });
    this.canvas.frame.append(element("span", { class: "tag" }, this.side.title));
    this.canvas.followers = [{ follow: () => page.linked() }];
  }

  tell(key) {
    this.page.told(this.which, key);
  }

  tellAxis(axis) {
    this.page.card.replaceChildren(...axisFacts(axis));
  }

  redrawn() {
    this.page.dressed();
  }

  decorate(node, glyph, key, isOpen) {
    super.decorate(node, glyph, key, isOpen);
    const home = glyph.of === undefined ? key : key.slice(0, key.lastIndexOf("/") + 1) + glyph.of;
    const mark = this.side.marks[home];
    if (!mark || isOpen) return;
    node.classList.add("is-" + mark[0]);
    if (home !== key) return;
    node.setAttribute("aria-label", `${node.getAttribute("aria-label")}: ${this.page.saidOf(mark)}`);
    const flag = mark[0] === "apart" ? "≠" : this.page.numbers.get(mark[1]);
    if (flag) this.flag(node, String(flag));
  }

  // A number at the upper right corner of a glyph.
  flag(node, text) {
    const halo = node.querySelector("rect");
    const at = (name) => Number(halo.getAttribute(name));
    const x = at("x") + at("width"), y = at("y");
    const half = Math.max(6.5, 2.9 * text.length + 2);
    const body = make("rect", { x: x - half, y: y - 6.5, width: 2 * half, height: 13, rx: 6.5 });
    node.append(make("g", { class: "number" }, undefined));
    node.lastChild.append(body, make("text", { x, y: y + 3.4, "font-size": 10, "text-anchor": "middle" }, text));
  }

  // The element of a key, or that of the closed block around it.
  nearest(key) {
    const found = [...blocksAround(key), key].find((block) => !this.open.has(block));
    return this.nodes.get(found || key);
  }

  reveal(key) {
    for (const block of blocksAround(key)) this.open.add(block);
  }
}

class Pair {
  constructor(data) {
    const apart = data.sides.map((side) => side.apart);
    const cuts = data.cuts.map((number) => ({ ends: data.values[number], number }));
    const parts = apart[0].length > apart[1].length ? apart[0] : apart[1];
    const parting = parts.map((_, k) => ({ ends: apart.map((keys) => keys.slice(k, k + 1)), number: 0 }));
    Object.assign(this, { data, at: -1, ends: NONE, waiting: false, entries: [...cuts, ...parting], cuts: cuts.length });
    this.numbers = new Map(data.cuts.map((number, k) => [number, k + 1]));
    this.help = helpDialog(KEYS);
    this.toolbar();
    this.sides = [0, 1].map((which) => new Half(this, data, which));
    this.body();
    document.addEventListener("keydown", (e) => this.key(e));
    addEventListener("resize", () => this.fit());
    setTheme(data.theme);
    for (const side of this.sides) side.refresh();
    this.fit();
    this.rest();
  }

  toolbar() {
    const [verdict, ...more] = this.data.said;
    this.count = element("output", { id: "count" });
    const bar = element("header", { role: "toolbar", "aria-label": "View" }, element("h1", {}, this.data.title), element("strong", { id: "verdict", class: this.entries.length > this.cuts && "parts" }, verdict), ...more);
    bar.append(element("span", { class: "group" }, button("‹", "Previous cut point", () => this.step(-1)), this.count, button("›", "Next cut point", () => this.step(1))));
    if (this.entries.length > this.cuts) bar.append(button("≠ where they part", "Where the two part", () => this.part()));
    bar.append(element("span", { class: "group" }, button("−", "Smaller", () => this.each((c) => c.zoom(0.8))), button("+", "Larger", () => this.each((c) => c.zoom(1.25))),
      button("fit", "Fit both", () => this.fit()), button("◐", "Dark or light", turnTheme), button("?", "Keys", () => this.help.showModal())));
    document.body.append(bar);
  }

  body() {
    this.card = element("div", { id: "told", role: "status", "aria-live": "polite" });
    this.list = element("ol", { id: "steps", "aria-label": "Cut points" });
    this.buttons = this.entries.map((entry, k) => {
      const found = element("button", { type: "button", class: entry.number ? "" : "parts", onclick: () => this.go(k) }, this.nameOf(entry, k));
      this.list.append(element("li", {}, found));
      return found;
    });
    const kinds = new Set(this.data.sides.flatMap((side) => Object.values(side.marks).map((mark) => mark[0])));
    const legend = Object.entries(this.data.kinds).filter(([kind]) => kinds.has(kind));
    const colours = element("p", { class: "colours" }, ...legend.flatMap(([kind, text]) => [element("i", { class: kind }), text, element("br")]));
    this.links = make("svg", { id: "links", height: GUTTER, role: "group", "aria-label": "Links between equal values" });
    const section = element("section", {}, this.sides[0].canvas.frame, this.links, this.sides[1].canvas.frame);
    document.body.append(element("main", { id: "pair" }, element("nav", { "aria-label": "Comparison" }, colours, this.list, this.card), section));
  }

  // What an entry of the list says: the names of its ends, and the block on the left.
  nameOf(entry, k) {
    const trails = entry.ends.map((keys, which) => (keys.length ? this.sides[which].trail(keys[0]) : []));
    const names = trails.map((trail) => (trail.length ? this.called(trail[trail.length - 1]) : "nothing"));
    const own = names[0] === names[1] ? names[0] : names.join(entry.number ? " = " : " ≠ ");
    const path = this.sides[0].path(trails[0].slice(0, -1));
    return `${entry.number ? k + 1 + ". " : ""}${own}${path && " · " + path}`;
  }

  // A glyph by its name and its first weight.
  called({ name, weights = [] }) {
    return weights.length ? `${name} ${weights[0].replace(/^\./, "").replace(/\.weight$/, "")}` : name;
  }

  saidOf([kind, number]) {
    const flag = this.numbers.get(number);
    return this.data.kinds[kind] + (flag ? `, cut point ${flag}` : "");
  }

  each(does) {
    for (const side of this.sides) does(side.canvas);
  }

  // ---- what is chosen ---------------------------------------------------------------------------------------------

  step(by) {
    if (this.entries.length) this.go((Math.max(this.at, by < 0 ? 0 : -1) + by + this.entries.length) % this.entries.length);
  }

  part() {
    const parting = this.entries.length - this.cuts;
    if (parting) this.go(this.at < this.cuts ? this.cuts : this.cuts + ((this.at + 1 - this.cuts) % parting));
  }

  // Both ends of an entry, in the middle of their pictures.
  go(k) {
    this.at = k;
    this.ends = this.entries[k].ends;
    this.sides.forEach((side, which) => this.ends[which].slice(0, 1).forEach((key) => side.reveal(key)));
    for (const side of this.sides) side.refresh();
    const largest = Math.max(...this.sides.map((side) => side.canvas.state.k));
    this.sides.forEach((side, which) => {
      const key = this.ends[which][0];
      if (key) side.centreOn(side.nearest(key), Math.min(Math.max(largest, 0.9), FIRST));
    });
    this.buttons.forEach((found, j) => (j === k ? found.setAttribute("aria-current", "step") : found.removeAttribute("aria-current")));
    this.buttons[k].scrollIntoView({ block: "nearest" });
    this.count.value = k < this.cuts ? `cut point ${k + 1} of ${this.cuts}` : `they part: ${k - this.cuts + 1} of ${this.entries.length - this.cuts}`;
    this.report(0);
  }

  // A glyph that is pointed at, or in focus: its equals are marked, and come into sight.
  told(which, key) {
    if (!key) return;
    const mark = this.sides[which].side.marks[key];
    const ends = (mark && this.data.values[mark[1]]) || [];
    this.ends = [0, 1].map((k) => [...new Set([...(k === which ? [key] : []), ...(ends[k] || [])])]);
    this.dressed();
    const other = this.sides[1 - which];
    const mate = this.ends[1 - which].map((end) => other.nearest(end))[0];
    if (mate) other.canvas.reveal(mate);
    this.report(which);
  }

  // What is known of both ends, that of one side first.
  report(first) {
    const told = [];
    for (const which of [first, 1 - first]) {
      const key = this.ends[which][0];
      if (!key) continue;
      const side = this.sides[which];
      const { name, list } = side.facts(key);
      const mark = side.side.marks[key];
      told.push(element("h2", {}, `${side.side.title}: ${name}`), element("p", {}, mark ? this.saidOf(mark) : "between"), list);
    }
    this.card.replaceChildren(...told);
  }

  // Nothing is chosen: the whole of both is told.
  rest() {
    Object.assign(this, { at: -1, ends: NONE });
    this.count.value = `${this.cuts} cut points`;
    for (const found of this.buttons) found.removeAttribute("aria-current");
    this.dressed();
    this.card.replaceChildren(...this.sides.flatMap((side) => [element("h2", {}, side.side.title), side.facts(null).list]));
  }

  dressed() {
    for (const node of document.querySelectorAll(".mate")) node.classList.remove("mate");
    this.sides.forEach((side, which) => {
      for (const key of this.ends[which]) if (side.nearest(key)) side.nearest(key).classList.add("mate");
    });
    this.linked();
  }

  // ---- links ------------------------------------------------------------------------------------------------------

  linked() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.drawLinks());
  }

  // A curve in the gutter for each cut point that is in sight, between what is over it and what is under it.
  drawLinks() {
    this.waiting = false;
    const frame = this.links.getBoundingClientRect();
    const places = new Map();
    const middle = (which, key) => {
      const node = this.sides[which].nearest(key);
      if (!places.has(node)) places.set(node, node.querySelector("rect").getBoundingClientRect());
      const box = places.get(node);
      return (box.left + box.right) / 2 - frame.left;
    };
    const inside = (x) => x > 0 && x < frame.width;
    const found = new Map();
    this.entries.forEach((entry, k) => {
      if (!entry.ends.every((keys) => keys.length)) return;
      const [a, b] = entry.ends.map((keys, which) => middle(which, keys[0]));
      if (!inside(a) && !inside(b)) return;
      const on = this.ends.every((keys, which) => keys.includes(entry.ends[which][0]));
      const place = `${tenth(a)} ${tenth(b)}`;
      if (on || !found.has(place)) found.set(place, this.link(entry, k, a, b, on));
    });
    this.links.replaceChildren(...[...found.values()].sort((p, q) => p.classList.contains("on") - q.classList.contains("on")));
  }

  link(entry, k, a, b, on) {
    const d = `M${tenth(a)} 1C${tenth(a)} ${GUTTER / 2} ${tenth(b)} ${GUTTER / 2} ${tenth(b)} ${GUTTER - 1}`;
    const group = make("g", { class: `link ${entry.number ? "" : "parts"} ${on ? "on" : ""}` });
    group.append(make("title", {}, this.nameOf(entry, k)), make("path", { class: "wide", d }), make("path", { d }));
    group.addEventListener("click", () => this.go(k));
    return group;
  }

  // Both at one scale, from a common left edge.
  fit() {
    this.each((canvas) => canvas.fit());
    const k = Math.min(...this.sides.map((side) => side.canvas.state.k));
    this.each((canvas) => {
      const { left, top, bottom } = canvas.box;
      canvas.state = { k, x: 12 - k * left, y: (canvas.size()[1] - k * (top + bottom)) / 2 };
      canvas.place();
    });
  }

  // ---- keys -------------------------------------------------------------------------------------------------------

  openTo(depth) {
    for (const side of this.sides) side.openTo(depth);
    this.fit();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.help.open) return;
    const own = event.target.dataset && event.target.dataset.key;
    const side = this.sides.find((one) => one.canvas.frame.contains(event.target));
    const toggle = () => side.toggle(own);
    const does = {
      n: () => this.step(1), p: () => this.step(-1), d: () => this.part(), e: () => this.openTo(Infinity), c: () => this.openTo(0), 0: () => this.fit(),
      t: turnTheme, "?": () => this.help.showModal(), Escape: () => this.rest(),
      ...(side && side.isBlock(own) ? { Enter: toggle, " ": toggle } : {}),
    }[event.key];
    if (does) does();
    if (does || this.sides.map((one) => one.canvas.key(event)).some(Boolean)) event.preventDefault();
  }
}

readData().then((data) => {
  window.ncd = new Pair(data);
});
