"use strict";
// Pulling a drawing apart: a block that opens becomes as large as its inside, and all that stands right of a seam, or under
// it, moves on.  Glyphs keep their width; wires and curves follow.

const JOINT = 34; // of the curves that join a block's wires to those inside
const HEAD = 30; // over the inside, for the block's name
const FOOT = 12;

// How far a place is moved: by all amounts whose seams are before it.
function mover(seams, amounts) {
  const sums = [];
  let sum = 0;
  seams.forEach((_, k) => sums.push((sum += amounts[k])));
  return (v) => {
    let low = 0, high = seams.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seams[middle] < v) low = middle + 1;
      else high = middle;
    }
    return low ? sums[low - 1] : 0;
  };
}

// The least amounts such that what lies between two places grows by what is wanted; `base` is how far they part already.
function amounts(seams, wants, base) {
  const found = seams.map(() => 0);
  for (const { seam, from, to, need } of wants.sort((a, b) => a.seam - b.seam)) {
    const before = seams.reduce((sum, v, k) => (from < v && v < to ? sum + found[k] : sum), base(to) - base(from));
    found[seam] += Math.max(0, need - before);
  }
  return found;
}

// The level with the blocks open that `isOpen` names: how far everything moves, and the levels inside.
function arranged(levels, number, key, isOpen) {
  const level = levels[number];
  const wide = [], over = [], under = [];
  const inner = new Map();
  level.glyphs.forEach((glyph, k) => {
    const path = key + "/" + k;
    if (glyph.child === undefined || !isOpen(path)) return;
    const found = arranged(levels, glyph.child, path, isOpen);
    const [anchor, inside] = anchors(glyph, found);
    const [x, a, b] = glyph.seams, [left, right] = glyph.x, [top, bottom] = glyph.y;
    wide.push({ seam: x, from: left, to: right, need: found.width + 2 * JOINT - (right - left) });
    over.push({ seam: a, from: level.over[a] - 1, to: anchor, need: inside - found.top + HEAD - (anchor - top) });
    under.push({ seam: b, from: anchor, to: level.under[b] + 1, need: found.bottom - inside + FOOT - (bottom - anchor) });
    inner.set(k, { found, inside, anchor });
  });
  const still = () => 0;
  const x = mover(level.across, amounts(level.across, wide, still));
  const down = mover(level.over, amounts(level.over, over, still));
  const up = mover(level.under, amounts(level.under, under, down));
  const y = (v) => down(v) + up(v);
  return {
    level, key, x, y, inner,
    left: level.left || 0, width: level.width + x(Infinity), top: level.top, bottom: level.bottom + y(Infinity),
    ins: level.ins.map((p) => (p.length ? [p[0] + y(p[0]), p[1]] : p)),
    outs: level.outs.map((p) => (p.length ? [p[0] + y(p[0]), p[1]] : p)),
  };
}

// The heights of one wire of a block, outside and inside, which are to be the same.
function anchors(glyph, found) {
  const [ins, outs] = glyph.bundles;
  const middle = (glyph.y[0] + glyph.y[1]) / 2;
  if (ins.length && found.ins[0] && found.ins[0].length) return [glyph.tracks[0], found.ins[0][0]];
  if (outs.length && found.outs[0] && found.outs[0].length) return [glyph.tracks[0], found.outs[0][0]];
  return [middle, (found.top + found.bottom) / 2];
}

// How the points of a glyph move: sideways as a whole, up and down with the tracks that it stands on.
function glyphMover(glyph, at) {
  const edge = { begin: 1, join: 1 }[glyph.way];
  const dx = at.x(edge ? glyph.x[1] : glyph.way === "float" ? (glyph.x[0] + glyph.x[1]) / 2 : glyph.x[0]);
  const tracks = [...new Set(glyph.tracks)].sort((a, b) => a - b);
  const moved = tracks.map((t) => t + at.y(t));
  const y = (v) => {
    if (!tracks.length) return v + at.y(v);
    const last = tracks.length - 1;
    if (v <= tracks[0]) return v + moved[0] - tracks[0];
    if (v >= tracks[last]) return v + moved[last] - tracks[last];
    let k = 0;
    while (tracks[k + 1] < v) k += 1;
    return moved[k] + ((v - tracks[k]) * (moved[k + 1] - moved[k])) / (tracks[k + 1] - tracks[k]);
  };
  return { x: (v) => v + dx, y, dx };
}

// ---- drawing ------------------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, text) {
  const found = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  if (text !== undefined) found.textContent = text;
  return found;
}

const tenth = (v) => Math.round(v * 10) / 10;

function drawPiece(piece, x, y) {
  if (typeof piece[1] === "number" && typeof piece[3] === "string") return drawWords(piece, x, y);
  if (piece[1] === "o") return drawCircle(piece, x, y);
  const [style, closed, points, segments, title] = piece;
  const pair = (list, k) => tenth(x(list[k])) + " " + tenth(y(list[k + 1]));
  let d = "M" + pair(points, 0);
  for (let k = 2; k < points.length; k += 2) d += "L" + pair(points, k);
  for (const s of segments || []) d += s.length === 2 ? "L" + pair(s, 0) : "C" + [pair(s, 0), pair(s, 2), pair(s, 4)].join(" ");
  const found = make("path", { class: style, d: d + (closed ? "Z" : "") });
  if (title) found.dataset.axis = title;
  return found;
}

function drawCircle([style, , px, py, radius], x, y) {
  const [top, bottom] = radius < 6 ? [y(py) - radius, y(py) + radius] : [y(py - radius), y(py + radius)];
  return make("ellipse", { class: style, cx: tenth(x(px)), cy: tenth((top + bottom) / 2), rx: radius, ry: tenth((bottom - top) / 2) });
}

function drawWords([style, px, py, text, size, above, below, half, first, axis], x, y) {
  const [left, base] = [x(px), y(py)];
  const small = 0.65 * size;
  const found = make("text", { class: style, x: tenth(left), y: tenth(base), "font-size": size, "text-anchor": "middle" }, text);
  if (axis) found.dataset.axis = axis;
  if (!above && !below) return found;
  found.setAttribute("text-anchor", "start");
  const after = tenth(left - half + first);
  found.setAttribute("x", tenth(left - half));
  if (above) found.append(make("tspan", { x: after, y: tenth(base - 0.4 * size), "font-size": small }, above));
  if (below) found.append(make("tspan", { x: after, y: tenth(base + 0.2 * size), "font-size": small }, below));
  return found;
}

// The wires between a block's edge and its inside: each outer height to an inner one, in order.
function drawJoints(outer, doubled, inner, x0, x1, group, turned) {
  const there = inner.filter((p) => p.length);
  const count = outer.length && there.length ? Math.max(outer.length, there.length) : 0;
  for (let k = 0; k < count; k += 1) {
    const j = Math.floor((k * outer.length) / count);
    const [b, double] = there[Math.floor((k * there.length) / count)];
    for (const side of double || doubled[j] ? [-2, 2] : [0]) {
      const a = outer[j] + (doubled[j] ? side : 0), c = b + (double ? side : 0);
      const [y0, y1] = turned ? [c, a] : [a, c];
      const middle = (x0 + x1) / 2;
      group.append(make("path", { class: "wire", d: `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}` }));
    }
  }
}

// A level on the page: wires first, then glyphs, then what is inside the open blocks, then words.
function drawLevel(at, group, depth, decorate) {
  const x = (v) => v + at.x(v), y = (v) => v + at.y(v);
  const words = [];
  for (const piece of at.level.free) {
    if (typeof piece[3] === "string") words.push(drawPiece(piece, x, (v) => v + at.y(v + 4.5)));
    else group.append(drawPiece(piece, x, y));
  }
  at.level.glyphs.forEach((glyph, k) => {
    const open = at.inner.get(k);
    if (open) drawInside(at, glyph, k, open, group, depth, decorate);
    else drawGlyph(at, glyph, k, group, decorate);
  });
  group.append(...words);
}

function drawGlyph(at, glyph, k, group, decorate) {
  const move = glyphMover(glyph, at);
  const found = make("g", { class: "glyph" });
  const [x0, x1] = glyph.x.map(move.x), [y0, y1] = glyph.y.map(move.y);
  found.append(make("rect", { class: "halo", x: x0 - 3, y: y0 - 3, width: Math.max(x1 - x0, 2) + 6, height: y1 - y0 + 6, rx: 4 }));
  for (const piece of glyph.pieces) found.append(drawPiece(piece, move.x, move.y));
  const far = glyph.x[1] + at.x(glyph.x[1]);
  if (glyph.way === "through" && far > x1 + 0.1)
    for (const t of glyph.outs) group.append(make("path", { class: "wire", d: `M${x1} ${t + at.y(t)}H${far}` }));
  decorate(found, glyph, at.key + "/" + k, false);
  group.append(found);
}

function drawInside(at, glyph, k, open, group, depth, decorate) {
  const found = make("g", { class: "inside" });
  const x0 = glyph.x[0] + at.x(glyph.x[0]), x1 = glyph.x[1] + at.x(glyph.x[1]);
  const dy = open.anchor + at.y(open.anchor) - open.inside;
  const top = open.found.top + dy - HEAD, bottom = open.found.bottom + dy + FOOT;
  const back = make("g", { class: "block-open" });
  back.append(make("rect", { class: open.found.level.tint || (depth % 2 ? "inner" : "outer"), x: x0, y: top, width: x1 - x0, height: bottom - top, rx: 5 }));
  back.append(make("rect", { class: "halo", x: x0, y: top, width: x1 - x0, height: bottom - top, rx: 5 }));
  back.append(make("text", { class: "sans heading", x: x0 + 8, y: top + 16, "font-size": 13 }, "− " + glyph.name));
  decorate(back, glyph, at.key + "/" + k, true);
  const moved = (v) => v + at.y(v);
  const left = x0 + JOINT, right = left + open.found.width;
  const shifted = (ports) => ports.map((p) => (p.length ? [p[0] + dy, p[1]] : p));
  const [ins, outs] = glyph.bundles;
  found.append(back);
  drawJoints(glyph.tracks.slice(0, ins.length).map(moved), ins, shifted(open.found.ins), x0, left, found, false);
  const inside = make("g", { transform: `translate(${tenth(left)} ${tenth(dy)})` });
  drawLevel(open.found, inside, depth + 1, decorate);
  found.append(inside);
  drawJoints(glyph.tracks.slice(0, outs.length).map(moved), outs, shifted(open.found.outs), right, x1, found, true);
  group.append(found);
}
