// The page of a diagram: its blocks open and close, and every glyph says what it is.

const KEYS = [
  ["Tab", "go from glyph to glyph"], ["Enter, Space", "open or close the block in focus"], ["arrows, drag", "move; with Shift further"],
  ["+ −, wheel", "larger, smaller"], ["0", "fit the page"], ["e / c", "open all blocks / close all"], ["[ ]", "one level less, or more"],
  ["/", "search"], ["n / p", "next, previous match"], ["t", "dark or light"], ["Esc", "leave the search; close what is told"], ["?", "this list"],
];

class Explorer {
  constructor(data) {
    Object.assign(this, { data, levels: data.levels, open: new Set(data.open), hits: [], at: -1, entries: null, nodes: new Map() });
    this.canvas = new Canvas("Diagram of " + data.title);
    this.toolbar();
    this.card = element("aside", { id: "card", role: "status", "aria-live": "polite" });
    this.help = helpDialog(KEYS);
    document.body.append(element("main", {}, this.canvas.frame, this.card));
    document.addEventListener("keydown", (e) => this.key(e));
    setTheme(data.theme);
    this.refresh();
    this.canvas.fit();
    addEventListener("resize", () => this.canvas.fit());
    this.canvas.root.addEventListener("mouseover", (e) => e.target.dataset.axis && this.tellAxis(e.target.dataset.axis));
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

  // ---- drawing ----------------------------------------------------------------------------------------------------

  refresh() {
    this.nodes.clear();
    this.shape = arranged(this.levels, this.data.first, "", (key) => this.open.has(key));
    const group = make("g", {});
    drawLevel(this.shape, group, 0, (node, glyph, key, isOpen) => this.decorate(node, glyph, key, isOpen));
    this.canvas.show(group, { left: -4, top: this.shape.top - 4, right: this.shape.width + 4, bottom: this.shape.bottom + 4 });
    const depths = [...this.open].filter((key) => this.visible(key)).map((key) => key.split("/").length - 1);
    this.slider.value = Math.max(0, ...depths);
    this.slider.setAttribute("aria-valuetext", `${this.slider.value} of ${this.deepest}`);
    this.mark();
  }

  visible(key) {
    const parts = key.split("/");
    return parts.slice(2).every((_, k) => this.open.has(parts.slice(0, k + 2).join("/")));
  }

  decorate(node, glyph, key, isOpen) {
    if (glyph.kind === undefined) return;
    this.nodes.set(key, node);
    node.addEventListener("mouseenter", () => this.tell(key));
    if (glyph.name === undefined) return;
    const block = glyph.child !== undefined;
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", block ? "button" : "img");
    node.setAttribute("aria-label", `${glyph.name}, ${glyph.type}`);
    node.dataset.key = key;
    if (block) {
      node.classList.add("block-node");
      node.setAttribute("aria-expanded", String(isOpen));
      node.addEventListener("click", () => this.canvas.moved || this.toggle(key));
    }
    node.addEventListener("focus", () => {
      this.tell(key);
      this.canvas.reveal(node);
    });
  }

  toggle(key) {
    const before = this.corner(key);
    const focused = document.activeElement && document.activeElement.dataset.key === key;
    if (!this.open.delete(key)) this.open.add(key);
    this.refresh();
    const after = this.corner(key);
    if (before && after) this.canvas.pan(before.left - after.left, before.top - after.top);
    if (focused) this.nodes.get(key).focus({ preventScroll: true });
    this.tell(key);
  }

  corner(key) {
    const node = this.nodes.get(key);
    return node && node.querySelector("rect").getBoundingClientRect();
  }

  // Open all blocks down to a depth, and close those below.
  openTo(depth) {
    this.open = new Set();
    const walk = (number, key, left) => {
      if (left <= 0) return;
      this.levels[number].glyphs.forEach((glyph, k) => {
        if (glyph.child === undefined) return;
        this.open.add(key + "/" + k);
        walk(glyph.child, key + "/" + k, left - 1);
      });
    };
    walk(this.data.first, "", depth);
    this.refresh();
    this.canvas.fit();
  }

  // ---- what is told -----------------------------------------------------------------------------------------------

  // The glyphs from the outermost block to a key.
  trail(key) {
    const found = [];
    let number = this.data.first;
    for (const k of key.split("/").slice(1)) {
      const own = this.levels[number].glyphs[k];
      const glyph = own.of === undefined ? own : this.levels[number].glyphs[own.of];
      found.push(glyph);
      number = glyph.child;
    }
    return found;
  }

  tell(key) {
    const trail = key ? this.trail(key) : [];
    const glyph = trail[trail.length - 1] || { name: this.data.title, ...this.data.facts };
    const path = trail.map((g) => g.module).filter(Boolean).join(".");
    const around = trail.slice(0, -1).map((g) => g.module).filter(Boolean).join(".");
    const weights = (glyph.weights || []).map((w) => (w.startsWith(".") ? around + w : w)).join(", ");
    const rows = [["type", glyph.type], ["operation", glyph.child === undefined && glyph.op], ["weights", weights], ["parameters", glyph.parameters],
      ["work", glyph.work && glyph.work + " operations on numbers"], ["block", path], ["source", this.sourceOf(path)]];
    const list = element("dl");
    for (const [name, value] of rows) if (value) list.append(element("dt", {}, name), element("dd", {}, value));
    this.card.replaceChildren(element("h2", {}, glyph.name), list);
  }

  tellAxis(axis) {
    const [name, size] = axis.split(" : ");
    const list = element("dl", {}, element("dt", {}, "size"), element("dd", {}, size || name));
    this.card.replaceChildren(element("h2", {}, size ? "axis " + name : "an axis"), list);
  }

  // Where the innermost block around is written, as far as it is known.
  sourceOf(path) {
    const parts = path.split(".");
    for (let k = parts.length; k > 0; k -= 1) {
      const found = this.data.sources[parts.slice(0, k).join(".")];
      if (found) return found;
    }
    return this.data.sources[""];
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

  centreOn(node) {
    const inverse = this.canvas.root.getScreenCTM().inverse();
    const box = node.getBoundingClientRect();
    const point = new DOMPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2).matrixTransform(inverse);
    this.canvas.centre(point.x, point.y);
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
    const block = own && this.trail(own).pop().child !== undefined;
    const does = {
      e: () => this.openTo(Infinity), c: () => this.openTo(0), "/": () => this.query.focus(), n: () => this.go(1), p: () => this.go(-1),
      "[": () => this.openTo(Math.max(0, Number(this.slider.value) - 1)), "]": () => this.openTo(Number(this.slider.value) + 1),
      t: turnTheme, "?": () => this.help.showModal(), Escape: () => this.tell(null),
      ...(block ? { Enter: () => this.toggle(own), " ": () => this.toggle(own) } : {}),
    }[event.key];
    if (does) does();
    if (does || this.canvas.key(event)) event.preventDefault();
  }
}

readData().then((data) => {
  window.ncd = new Explorer(data);
});
