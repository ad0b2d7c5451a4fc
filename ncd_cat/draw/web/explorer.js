// The page of a diagram: its blocks open and close, and every glyph says what it is.

const KEYS = [
  ["Tab", "go from glyph to glyph"], ["Enter, Space", "open or close the block in focus"], ["arrows, drag", "move; with Shift further"],
  ["+ −, wheel", "larger, smaller"], ["0", "fit the page"], ["e / c", "open all blocks / close all"], ["[ ]", "one level less, or more"],
  ["/", "search"], ["n / p", "next, previous match"], ["t", "dark or light"], ["Esc", "leave the search; close what is told"], ["?", "this list"],
];

class Explorer extends Blocks {
  constructor(data) {
    super(data.levels, data, new Canvas("Diagram of " + data.title));
    Object.assign(this, { data, hits: [], at: -1, entries: null });
    this.toolbar();
    this.card = element("aside", { id: "card", role: "status", "aria-live": "polite" });
    this.help = helpDialog(KEYS);
    document.body.append(element("main", {}, this.canvas.frame, this.card));
    document.addEventListener("keydown", (e) => this.key(e));
    setTheme(data.theme);
    this.refresh();
    this.canvas.fit();
    addEventListener("resize", () => this.canvas.fit());
    this.tell(null);
  }

  toolbar() {
    this.query = element("input", { type: "search", id: "search", placeholder: "search /", "aria-label": "Search names", oninput: () => this.search() });
    this.query.addEventListener("keydown", (e) => this.searchKey(e));
    this.count = element("output", { id: "count", for: "search" });
    this.deepest = this.depthOf(this.data.first);
    this.slider = element("input", {
      type: "range", id: "depth", min: 0, max: this.deepest, step: 1, "aria-label": "Depth to which blocks are open",
      oninput: () => this.openTo(Number(this.slider.value)),
    });
    const bar = element("header", { role: "toolbar", "aria-label": "View" }, element("h1", {}, this.data.title));
    bar.append(element("span", { class: "group", role: "search" }, this.query, this.count,
      button("‹", "Previous match", () => this.go(-1)), button("›", "Next match", () => this.go(1))));
    const depth = element("label", { class: "group" }, "depth ", this.slider);
    if (this.deepest) bar.append(depth, button("open all", "Open all blocks", () => this.openTo(Infinity)), button("close all", "Close all blocks", () => this.openTo(0)));
    bar.append(element("span", { class: "group" }, button("−", "Smaller", () => this.canvas.zoom(0.8)), button("+", "Larger", () => this.canvas.zoom(1.25)),
      button("fit", "Fit the page", () => this.canvas.fit()), button("◐", "Dark or light", turnTheme), button("?", "Keys", () => this.help.showModal())));
    document.body.append(bar);
  }

  depthOf(number, known = new Map()) {
    if (!known.has(number)) {
      const inner = this.levels[number].glyphs.filter((g) => g.child !== undefined).map((g) => 1 + this.depthOf(g.child, known));
      known.set(number, Math.max(0, ...inner));
    }
    return known.get(number);
  }

  redrawn() {
    const depths = [...this.open].filter((key) => this.visible(key)).map((key) => key.split("/").length - 1);
    this.slider.value = Math.max(0, ...depths);
    this.slider.setAttribute("aria-valuetext", `${this.slider.value} of ${this.deepest}`);
    this.mark();
  }

  tell(key) {
    const { name, list } = this.facts(key);
    this.card.replaceChildren(element("h2", {}, name), list);
  }

  tellAxis(axis) {
    this.card.replaceChildren(...axisFacts(axis));
  }

  // ---- search -----------------------------------------------------------------------------------------------------

  // Everything that has a name, in all blocks, in reading order.
  index() {
    const found = [];
    const walk = (number, key, path) => {
      const level = this.levels[number];
      for (const piece of level.free) if (typeof piece[3] === "string") found.push({ key, piece, text: piece[3].toLowerCase() });
      level.glyphs.forEach((glyph, k) => {
        if (glyph.kind === undefined) return;
        const below = glyph.module ? [...path, glyph.module] : path;
        const weights = (glyph.weights || []).map((w) => (w.startsWith(".") ? path.join(".") + w : w));
        const words = [glyph.kind, glyph.name || "", glyph.op || "", glyph.module ? below.join(".") : "", ...weights];
        found.push({ key: key + "/" + k, text: words.join("\n").toLowerCase() });
        if (glyph.child !== undefined) walk(glyph.child, key + "/" + k, below);
      });
    };
    walk(this.data.first, "", []);
    return found;
  }

  search() {
    this.entries = this.entries || this.index();
    const wanted = this.query.value.trim().toLowerCase();
    this.hits = wanted ? this.entries.filter((entry) => entry.text.includes(wanted)) : [];
    this.at = -1;
    if (this.hits.length) this.go(1);
    else this.mark();
    this.count.value = wanted ? `${this.hits.length ? this.at + 1 : 0} of ${this.hits.length}` : "";
  }

  go(by) {
    if (!this.hits.length) return;
    this.at = (this.at + by + this.hits.length) % this.hits.length;
    this.count.value = `${this.at + 1} of ${this.hits.length}`;
    const hit = this.hits[this.at];
    const parts = hit.key.split("/");
    const last = hit.piece ? parts.length : parts.length - 1;
    for (let k = 2; k <= last; k += 1) this.open.add(parts.slice(0, k).join("/"));
    this.refresh();
    const found = document.querySelector(".found");
    if (found) this.centreOn(found);
    this.tell(hit.piece ? hit.key || null : hit.key);
  }

  // Mark the match at hand.
  mark() {
    for (const node of document.querySelectorAll(".found")) node.classList.remove("found");
    const hit = this.hits[this.at];
    if (!hit) return;
    if (!hit.piece) {
      const node = this.nodes.get(hit.key);
      if (node) node.classList.add("found");
      return;
    }
    const home = hit.key ? this.nodes.get(hit.key).parentNode : this.canvas.root;
    const texts = [...home.querySelectorAll("text")].filter((t) => t.firstChild && t.firstChild.data === hit.piece[3]);
    const level = this.levels[hit.key ? this.trail(hit.key).pop().child : this.data.first];
    const same = level.free.filter((p) => p[3] === hit.piece[3]);
    const own = texts.filter((t) => !t.closest(".glyph") && this.homeOf(t) === hit.key);
    const found = own[same.indexOf(hit.piece)] || own[0];
    if (found) found.classList.add("found");
  }

  // The key of the innermost open block around an element.
  homeOf(node) {
    const inside = node.closest(".inside");
    const head = inside && inside.querySelector(":scope > .block-open");
    return head ? head.dataset.key : "";
  }

  searchKey(event) {
    if (event.key === "Enter") this.go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      this.query.value = "";
      this.search();
      this.query.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- keys -------------------------------------------------------------------------------------------------------

  key(event) {
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || this.help.open) return;
    const own = event.target.dataset && event.target.dataset.key;
    const does = {
      e: () => this.openTo(Infinity), c: () => this.openTo(0), "/": () => this.query.focus(), n: () => this.go(1), p: () => this.go(-1),
      "[": () => this.openTo(Math.max(0, Number(this.slider.value) - 1)), "]": () => this.openTo(Number(this.slider.value) + 1),
      t: turnTheme, "?": () => this.help.showModal(), Escape: () => this.tell(null),
      ...(this.isBlock(own) ? { Enter: () => this.toggle(own), " ": () => this.toggle(own) } : {}),
    }[event.key];
    if (does) does();
    if (does || this.canvas.key(event)) event.preventDefault();
  }
}

readData().then((data) => {
  window.ncd = new Explorer(data);
});
