// A drawing whose blocks open and close in place, and what is told of its glyphs.

class Blocks {
  // `side`: its title, the number of its first level, the blocks that are open, its facts, and where its blocks are written.
  constructor(levels, side, canvas) {
    Object.assign(this, { levels, side, canvas, open: new Set(side.open), nodes: new Map() });
    this.canvas.root.addEventListener("mouseover", (e) => e.target.dataset.axis && this.tellAxis(e.target.dataset.axis));
  }

  // What a page does besides: after the drawing was made anew, and to tell about a key, or about all where there is none.
  redrawn() {}
  tell() {}
  tellAxis() {}

  refresh() {
    this.nodes.clear();
    this.shape = arranged(this.levels, this.side.first, "", (key) => this.open.has(key));
    const group = make("g", {});
    drawLevel(this.shape, group, 0, (node, glyph, key, isOpen) => this.decorate(node, glyph, key, isOpen));
    this.canvas.show(group, { left: this.shape.left - 4, top: this.shape.top - 4, right: this.shape.width + 4, bottom: this.shape.bottom + 4 });
    this.redrawn();
  }

  visible(key) {
    return blocksAround(key).every((block) => this.open.has(block));
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

  // ---- open and closed --------------------------------------------------------------------------------------------

  toggle(key) {
    const before = this.corner(key);
    const focused = document.activeElement && document.activeElement === this.nodes.get(key);
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
    walk(this.side.first, "", depth);
    this.refresh();
    this.canvas.fit();
  }

  // Whether the element of a key is a block that Enter opens or closes.
  isBlock(key) {
    return Boolean(key) && this.trail(key).pop().child !== undefined;
  }

  // Bring an element into the middle, at least so large.
  centreOn(node, least) {
    const inverse = this.canvas.root.getScreenCTM().inverse();
    const box = node.getBoundingClientRect();
    const point = new DOMPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2).matrixTransform(inverse);
    this.canvas.centre(point.x, point.y, least);
  }

  // ---- what is told -----------------------------------------------------------------------------------------------

  // The glyphs from the outermost block to a key.
  trail(key) {
    const found = [];
    let number = this.side.first;
    for (const k of key.split("/").slice(1)) {
      const own = this.levels[number].glyphs[k];
      const glyph = own.of === undefined ? own : this.levels[number].glyphs[own.of];
      found.push(glyph);
      number = glyph.child;
    }
    return found;
  }

  path(trail) {
    return trail.map((g) => g.module).filter(Boolean).join(".");
  }

  // The name of what is at a key, and a list of what is known of it.
  facts(key) {
    const trail = key ? this.trail(key) : [];
    const glyph = trail[trail.length - 1] || { name: this.side.title, ...this.side.facts };
    const path = this.path(trail), around = this.path(trail.slice(0, -1));
    const weights = (glyph.weights || []).map((w) => (w.startsWith(".") ? around + w : w)).join(", ");
    const rows = [["type", glyph.type], ["operation", glyph.child === undefined && glyph.op], ["weights", weights], ["parameters", glyph.parameters],
      ["work", glyph.work && glyph.work + " operations on numbers"], ["block", path], ["source", this.sourceOf(path)],
      ...(key ? [] : Object.entries(this.side.sizes || {}))];
    return { name: glyph.name, list: factList(rows) };
  }

  // Where the innermost block around is written, as far as it is known.
  sourceOf(path) {
    const parts = path.split(".");
    for (let k = parts.length; k > 0; k -= 1) {
      const found = this.side.sources[parts.slice(0, k).join(".")];
      if (found) return found;
    }
    return this.side.sources[""];
  }
}

// The keys of the blocks around a glyph, from the outermost.
function blocksAround(key) {
  const parts = key.split("/");
  return parts.slice(2).map((_, k) => parts.slice(0, k + 2).join("/"));
}

function factList(rows) {
  const list = element("dl");
  for (const [name, value] of rows) if (value) list.append(element("dt", {}, name), element("dd", {}, value));
  return list;
}

function axisFacts(axis) {
  const [name, size] = axis.split(" : ");
  return [element("h2", {}, size ? "axis " + name : "an axis"), factList([["size", size || name]])];
}
