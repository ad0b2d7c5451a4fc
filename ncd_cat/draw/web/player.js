// The page of a proof: its steps forwards and backwards, the diagram before and after each, and what the rule says.

const KEYS = [
  ["→, n", "next step"], ["←, p", "step before"], ["Home, End", "first, last step"], ["Space", "play, stop"],
  ["drag, Shift with arrows", "move the pictures"], ["+ −, wheel", "larger, smaller"], ["0", "fit the page"], ["t", "dark or light"], ["?", "this list"],
];
const PACE = 1600; // milliseconds of a step while it plays

class Player {
  constructor(data) {
    Object.assign(this, { data, at: 0, timer: 0 });
    this.before = new Canvas("Before the step");
    this.after = new Canvas("After the step");
    this.before.followers = [this.after];
    this.after.followers = [this.before];
    this.help = helpDialog(KEYS);
    this.toolbar();
    this.body();
    document.addEventListener("keydown", (e) => this.key(e));
    addEventListener("resize", () => this.fit());
    this.go(0);
  }

  toolbar() {
    const last = this.data.steps.length - 1;
    this.slider = element("input", { type: "range", id: "slider", min: 0, max: Math.max(last, 0), step: 1, "aria-label": "Step", oninput: () => this.go(Number(this.slider.value)) });
    this.count = element("output", { id: "count", for: "slider" });
    this.player = button("▶", "Play", () => this.play());
    const bar = element("header", { role: "toolbar", "aria-label": "Steps" }, element("h1", {}, this.data.title));
    bar.append(element("span", { class: "group" }, button("⇤", "First step", () => this.go(0)), button("←", "Step before", () => this.go(this.at - 1)),
      this.player, button("→", "Next step", () => this.go(this.at + 1)), button("⇥", "Last step", () => this.go(last))));
    bar.append(this.slider, this.count, element("span", { class: "group" }, button("−", "Smaller", () => this.before.zoom(0.8)),
      button("+", "Larger", () => this.before.zoom(1.25)), button("fit", "Fit the page", () => this.fit()), button("◐", "Dark or light", turnTheme),
      button("?", "Keys", () => this.help.showModal())));
    document.body.append(bar);
  }

  body() {
    this.rule = element("div", { id: "rule", role: "status", "aria-live": "polite" });
    this.steps = element("ol", { id: "steps", "aria-label": "Steps" });
    this.buttons = this.data.steps.map((step, k) => {
      const found = element("button", { type: "button", onclick: () => this.go(k) }, `${k + 1}. ${this.nameOf(step)}`);
      this.steps.append(element("li", {}, found));
      return found;
    });
    const told = [this.data.assumptions.length ? "Assuming " + this.data.assumptions.join("; ") + "." : "", this.data.left ? `${this.data.left} more steps are not shown.` : ""];
    const notes = told.filter(Boolean).map((text) => element("p", {}, text));
    const nav = element("nav", { "aria-label": "Proof" }, this.rule, ...notes, this.steps);
    this.heads = [element("h3", { class: "was-head" }), element("h3", { class: "now-head" })];
    const section = element("section", {}, this.heads[0], this.before.frame, this.heads[1], this.after.frame);
    document.body.append(element("main", { id: "proof" }, nav, section));
  }

  nameOf(step) {
    return step.rule + (step.times > 1 ? ` ×${step.times}` : "") + (step.side ? " ←" : "");
  }

  go(k) {
    const steps = this.data.steps;
    if (!steps.length) return this.nothing();
    this.at = Math.min(Math.max(k, 0), steps.length - 1);
    const step = steps[this.at];
    this.draw(this.before, step.before, step.was, "was");
    this.draw(this.after, step.after, step.now, "now");
    const where = step.whole ? "" : " (only what changes)";
    this.heads[0].textContent = "before" + where;
    this.heads[1].textContent = "after" + where;
    this.tell(step);
    this.slider.value = this.at;
    this.count.value = `step ${this.at + 1} of ${steps.length}`;
    this.buttons.forEach((found, j) => (j === this.at ? found.setAttribute("aria-current", "step") : found.removeAttribute("aria-current")));
    this.buttons[this.at].scrollIntoView({ block: "nearest" });
    this.fit();
    if (this.at === steps.length - 1) this.stop();
    return undefined;
  }

  nothing() {
    this.rule.replaceChildren(element("h2", {}, "The two sides are one diagram: there is nothing to prove."));
    this.count.value = "no steps";
  }

  draw(canvas, number, marked, mark) {
    const shape = arranged(this.data.levels, number, "", () => false);
    const group = make("g", {});
    const own = new Set(marked.map((k) => "/" + k));
    drawLevel(shape, group, 0, (node, glyph, key) => {
      if (glyph.name !== undefined) {
        node.setAttribute("role", "img");
        node.setAttribute("aria-label", `${glyph.name}, ${glyph.type}`);
        node.prepend(make("title", {}, `${glyph.op} : ${glyph.type}`));
      }
      if (own.has(key)) node.classList.add(mark);
    });
    canvas.show(group, { left: -6, top: shape.top - 6, right: shape.width + 6, bottom: shape.bottom + 6 });
  }

  // Both pictures at one scale, as large as the larger one allows.
  fit() {
    const boxes = [this.before.box, this.after.box];
    const largest = (edge, pick) => pick(...boxes.map((b) => b[edge]));
    const box = { left: largest("left", Math.min), top: largest("top", Math.min), right: largest("right", Math.max), bottom: largest("bottom", Math.max) };
    const sizes = [this.before, this.after].map((c) => c.size());
    const [w, h] = [Math.min(...sizes.map((s) => s[0])), Math.min(...sizes.map((s) => s[1]))];
    const k = Math.max(Math.min((w - 24) / (box.right - box.left), (h - 24) / (box.bottom - box.top), FIRST), 0.01);
    this.before.state = { k, x: (w - k * (box.left + box.right)) / 2, y: (h - k * (box.top + box.bottom)) / 2 };
    this.before.place();
  }

  tell(step) {
    const rule = this.data.rules[step.rule];
    const rows = [["if", rule.condition === "none" ? "" : rule.condition], ["in", rule.structure], ["source", rule.source],
      ["block", step.path], ["times", step.times > 1 ? `${step.times}, one after another` : ""], ["then", step.again ? "equals for equals, by steps before" : ""],
      ["read", step.side ? "from right to left: this part of the proof comes from the right side" : ""]];
    const list = element("dl");
    for (const [name, value] of rows) if (value) list.append(element("dt", {}, name), element("dd", {}, value));
    this.rule.replaceChildren(element("h2", {}, step.rule), element("p", { class: "says" }, rule.statement), list);
  }

  play() {
    if (this.timer) return this.stop();
    if (this.at === this.data.steps.length - 1) this.go(0);
    this.player.textContent = "■";
    this.player.setAttribute("aria-label", "Stop");
    this.timer = setInterval(() => this.go(this.at + 1), PACE);
    return undefined;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.player.textContent = "▶";
    this.player.setAttribute("aria-label", "Play");
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.help.open) return;
    const pressing = event.target instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key);
    if (pressing || (typing(event.target) && event.key.startsWith("Arrow"))) return;
    const next = () => this.go(this.at + 1), back = () => this.go(this.at - 1);
    const does = event.shiftKey && event.key.startsWith("Arrow") ? undefined : {
      ArrowRight: next, n: next, ArrowLeft: back, p: back, Home: () => this.go(0), End: () => this.go(this.data.steps.length - 1),
      " ": () => this.play(), t: turnTheme, "?": () => this.help.showModal(), 0: () => this.fit(),
    }[event.key];
    if (does) does();
    if (does || this.before.key(event)) event.preventDefault();
  }
}

readData().then((data) => {
  window.ncd = new Player(data);
});
