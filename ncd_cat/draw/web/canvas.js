// A picture that can be moved and made larger, and what both pages share: elements, data, themes.

function element(name, attributes = {}, ...inside) {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) found.addEventListener(key.slice(2), value);
    else if (value !== false) found.setAttribute(key, value === true ? "" : value);
  }
  found.append(...inside);
  return found;
}

const button = (text, label, action) => element("button", { type: "button", "aria-label": label, title: label, onclick: action }, text);

async function readData() {
  const holder = document.getElementById("data");
  if (holder.type === "application/json") return JSON.parse(holder.textContent);
  const bytes = Uint8Array.from(atob(holder.textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function setTheme(theme) {
  document.documentElement.classList.remove("light", "dark");
  if (theme !== "auto") document.documentElement.classList.add(theme);
}

function turnTheme() {
  const root = document.documentElement.classList;
  const dark = root.contains("dark") || (!root.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  setTheme(dark ? "light" : "dark");
}

function helpDialog(rows) {
  const list = element("dl");
  for (const [keys, does] of rows) list.append(element("dt", {}, element("kbd", {}, keys)), element("dd", {}, does));
  const dialog = element("dialog", { id: "help", "aria-label": "Keys" }, element("h2", {}, "Keys"), list);
  dialog.append(button("close", "Close", () => dialog.close()));
  document.body.append(dialog);
  return dialog;
}

const typing = (target) => target instanceof HTMLElement && ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);

const LARGEST = 6, FIRST = 1.6;

class Canvas {
  constructor(label) {
    this.root = make("g", {});
    this.svg = make("svg", { role: "group", "aria-label": label, tabindex: "-1" });
    this.svg.append(this.root);
    this.frame = element("div", { class: "canvas" });
    this.frame.append(this.svg);
    this.state = { x: 0, y: 0, k: 1 };
    this.box = { left: 0, top: 0, right: 1, bottom: 1 };
    this.moved = false;
    this.pointers = new Map();
    this.followers = [];
    this.frame.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.frame.addEventListener("scroll", () => this.frame.scrollTo(0, 0));
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel"])
      this.frame.addEventListener(name, (e) => this.pointer(e));
  }

  // Show a drawing whose extent is `box`.
  show(group, box) {
    this.root.replaceChildren(group);
    this.box = box;
    this.place();
  }

  place() {
    const { x, y, k } = this.state;
    this.root.setAttribute("transform", `translate(${tenth(x)} ${tenth(y)}) scale(${Math.round(k * 1e4) / 1e4})`);
    for (const other of this.followers) other.follow(this.state);
  }

  follow(state) {
    this.state = { ...state };
    this.root.setAttribute("transform", `translate(${tenth(state.x)} ${tenth(state.y)}) scale(${Math.round(state.k * 1e4) / 1e4})`);
  }

  size() {
    return [Math.max(this.frame.clientWidth, 50), Math.max(this.frame.clientHeight, 50)];
  }

  // The whole drawing, as large as it fits.
  fit() {
    const [w, h] = this.size();
    const { left, top, right, bottom } = this.box;
    const k = Math.max(Math.min((w - 24) / (right - left), (h - 24) / (bottom - top), FIRST), 0.005);
    this.state = { k, x: (w - k * (left + right)) / 2, y: (h - k * (top + bottom)) / 2 };
    this.place();
  }

  pan(dx, dy) {
    this.state.x += dx;
    this.state.y += dy;
    this.place();
  }

  zoom(factor, px, py) {
    const [w, h] = this.size();
    const { x, y, k } = this.state;
    const [cx, cy] = [px === undefined ? w / 2 : px, py === undefined ? h / 2 : py];
    const next = Math.min(Math.max(k * factor, 0.005), LARGEST);
    this.state = { k: next, x: cx - ((cx - x) * next) / k, y: cy - ((cy - y) * next) / k };
    this.place();
  }

  // Bring a place of the drawing into the middle, large enough to be read.
  centre(x, y, least = 0.8) {
    const [w, h] = this.size();
    const k = Math.max(this.state.k, least);
    this.state = { k, x: w / 2 - k * x, y: h / 2 - k * y };
    this.place();
  }

  // Bring an element into sight.
  reveal(node) {
    const frame = this.frame.getBoundingClientRect(), box = node.getBoundingClientRect();
    if (box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom) return;
    this.pan((frame.left + frame.right - box.left - box.right) / 2, (frame.top + frame.bottom - box.top - box.bottom) / 2);
  }

  wheel(event) {
    event.preventDefault();
    const frame = this.frame.getBoundingClientRect();
    const unit = event.deltaMode === 1 ? 16 : 1;
    this.zoom(Math.exp(-0.0015 * unit * event.deltaY), event.clientX - frame.left, event.clientY - frame.top);
  }

  // Dragging with one pointer pans, with two it zooms.
  pointer(event) {
    if (event.type === "pointerdown") {
      if (event.button) return;
      this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
      this.moved = false;
      return;
    }
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    if (event.type !== "pointermove") {
      this.pointers.delete(event.pointerId);
      return;
    }
    const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
    if (!this.moved && Math.hypot(dx, dy) < 4) return;
    if (!this.moved) this.frame.setPointerCapture(event.pointerId);
    this.moved = true;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (!others.length) {
      this.pan(dx, dy);
      return;
    }
    const [ox, oy] = others[0];
    const frame = this.frame.getBoundingClientRect();
    const factor = Math.hypot(event.clientX - ox, event.clientY - oy) / Math.max(Math.hypot(last[0] - ox, last[1] - oy), 1);
    this.zoom(factor, ox - frame.left, oy - frame.top);
  }

  // The keys that move a picture; whether one was meant.
  key(event) {
    const step = event.shiftKey ? 240 : 60;
    const does = {
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
      "+": () => this.zoom(1.25), "=": () => this.zoom(1.25), "-": () => this.zoom(0.8), "−": () => this.zoom(0.8), 0: () => this.fit(),
    }[event.key];
    if (does) does();
    return Boolean(does);
  }
}
