"use strict";
// Boxes that stand for several layers unfold in place: what is in a box takes its place in the picture, and what is below and beside it makes room.
// `parts.boxes` has for each part the number of the part around it (-1 for the whole picture), the id of its box, and its title.
function unfolding(parts) {
  const open = new Set();
  let pictures = null;

  // The pictures are compressed, and only read when they are wanted.
  async function read() {
    if (pictures) return;
    const data = Uint8Array.from(atob(parts.pictures), (letter) => letter.charCodeAt(0));
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
    pictures = JSON.parse(await new Response(stream).text());
  }
  const can = typeof DecompressionStream === "function";

  // Pictures flow down or to the side: the axes along and across the flow.
  const flow = parts.across ? 0 : 1, cross = 1 - flow;
  const number = /-?[\d.]+(?:e-?\d+)?/g, numbers = (text) => (text.match(number) || []).map(Number);
  const say = (value) => String(Math.round(value * 100) / 100);
  function extent(points) {
    const result = [Infinity, Infinity, -Infinity, -Infinity];
    points.forEach((value, place) => {
      result[place % 2] = Math.min(result[place % 2], value);
      result[place % 2 + 2] = Math.max(result[place % 2 + 2], value);
    });
    return result;
  }
  function shape(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }
  // The sign at a corner by which a box unfolds and folds; keys and the details do the same.
  function mark(element, x, y, number, isFolded) {
    const sign = shape("g", { class: "sign", "data-toggle": number, "aria-hidden": "true", transform: `translate(${x} ${y})` }), title = shape("title", {});
    title.textContent = `${isFolded ? "Unfold" : "Fold"} ${parts.boxes[number][2]}`;
    sign.append(title, shape("circle", { class: "disc", r: 8 }), shape("path", { d: isFolded ? "M-4 0H4M0-4V4" : "M-4 0H4" }));
    element.append(sign);
  }
  // A picture as what can be moved: boxes as a whole, frames and arrows by their points.
  function taken(svg) {
    const graph = svg.querySelector(".graph"), boxes = [], frames = [], arrows = [];
    const line = (element) => {
      const name = ["d", "points"].find((key) => element.hasAttribute(key));
      return { element, name, points: name ? numbers(element.getAttribute(name)) : [Number(element.getAttribute("x")), Number(element.getAttribute("y"))] };
    };
    for (const element of graph.children) {
      const lines = element.matches("g") ? Array.from(element.querySelectorAll("path, polygon, polyline, text"), line) : [];
      if (element.matches(".node")) boxes.push({ element, at: extent(lines.find((part) => part.name).points) });
      else if (element.matches(".cluster")) frames.push({ lines, at: extent(lines.find((part) => part.name).points) });
      else if (element.matches(".edge")) arrows.push({ lines });
    }
    // An arrow stays at the boxes at which it begins and ends.
    const nearest = (x, y) => {
      let best = null, least = 12;
      for (const box of boxes) {
        const distance = Math.max(box.at[0] - x, x - box.at[2], box.at[1] - y, y - box.at[3], 0);
        if (distance < least) [best, least] = [box, distance];
      }
      return best;
    };
    for (const arrow of arrows) {
      const { points } = arrow.lines.find((part) => part.name === "d");
      arrow.tail = nearest(points[0], points[1]);
      arrow.head = nearest(points[points.length - 2], points[points.length - 1]);
    }
    const all = [...boxes, ...frames].map(({ at }) => at);
    return { svg, boxes, frames, arrows, end: [Math.max(...all.map((at) => at[2])), Math.max(...all.map((at) => at[3]))] };
  }
  const isIn = (box, frame) => box.at[0] >= frame.at[0] && box.at[1] >= frame.at[1] && box.at[2] <= frame.at[2] && box.at[3] <= frame.at[3];

  // Across the flow, all boxes in a column become as wide as the widest part in it: how far a place moves.
  function widened(opened) {
    const columns = [];
    for (const { at, size } of opened) {
      const middle = (at[cross] + at[cross + 2]) / 2, column = columns.find((other) => Math.abs(other.middle - middle) < 2);
      if (column) Object.assign(column, { start: Math.min(column.start, at[cross]), end: Math.max(column.end, at[cross + 2]), size: Math.max(column.size, size[cross]) });
      else columns.push({ middle, start: at[cross], end: at[cross + 2], size: size[cross] });
    }
    const places = Array.from(new Set(columns.flatMap(({ start, end }) => [start, end]))).sort((one, two) => one - two), moves = [];
    places.forEach((place, number) => {
      const needed = columns.filter(({ end }) => end === place).map(({ start, end, size }) => moves[places.indexOf(start)] + Math.max(size - (end - start), 0));
      moves[number] = Math.max(number ? moves[number - 1] : 0, ...needed);
    });
    return (value) => {
      const next = places.findIndex((place) => place > value);
      if (next <= 0) return next ? moves[moves.length - 1] || 0 : 0;
      return moves[next - 1] + (moves[next] - moves[next - 1]) * (value - places[next - 1]) / (places[next] - places[next - 1]);
    };
  }
  // Along the flow, what comes after a box keeps its distance, and what is beside it stays: how far each box moves.
  function pushed({ boxes, frames, arrows }, growth, span) {
    const moves = new Map(), place = new Map(boxes.map((box, number) => [box, number]));
    const homes = new Map(boxes.map((box) => [box, frames.filter((frame) => isIn(box, frame)).sort((one, two) => two.at[flow + 2] - two.at[flow] - one.at[flow + 2] + one.at[flow])]));
    const outer = (box, other) => homes.get(box).find((frame) => !isIn(other, frame)) || box;
    const meet = (one, two) => one[0] < two[1] && two[0] < one[1];
    const joined = new Set(arrows.map(({ tail, head }) => `${place.get(tail)} ${place.get(head)}`));
    const order = boxes.slice().sort((one, two) => one.at[flow] - two.at[flow]);
    order.forEach((box, number) => {
      let most = 0;
      for (const before of order.slice(0, number)) {
        const by = moves.get(before) + (growth.get(before) || 0);
        if (by <= most) continue;
        const here = outer(box, before), there = outer(before, box);
        // Also what only meets now that there are wider parts.
        const isInLine = meet([here.at[cross], here.at[cross + 2]], [there.at[cross], there.at[cross + 2]]) || meet(span(here), span(there));
        if (there.at[flow + 2] <= here.at[flow] + 1 && (isInLine || joined.has(`${place.get(before)} ${place.get(box)}`))) most = by;
      }
      moves.set(box, most);
    });
    return moves;
  }
  const pair = (along, across) => flow ? [across, along] : [along, across];

  // Give parts the places of their boxes; `opened` has the element and the size of each.
  function arranged(picture, opened) {
    const sizes = Array.from(opened, ([{ at }, { size }]) => ({ at, size }));
    const growth = new Map(Array.from(opened, ([box, { size }]) => [box, Math.max(size[flow] - (box.at[flow + 2] - box.at[flow]), 0)]));
    const across = widened(sizes), middle = (at, axis) => (at[axis] + at[axis + 2]) / 2;
    // A part is in the middle of the room that was made for it.
    const beside = (box) => opened.has(box) ? (across(box.at[cross]) + across(box.at[cross + 2])) / 2 : across(middle(box.at, cross));
    // From where to where a box or a frame reaches across the flow.
    const span = (one) => {
      if (one.lines) return [one.at[cross] + across(one.at[cross]), one.at[cross + 2] + across(one.at[cross + 2])];
      const centre = middle(one.at, cross), half = Math.max(one.at[cross + 2] - one.at[cross], opened.has(one) ? opened.get(one).size[cross] : 0) / 2;
      return [centre + beside(one) - half, centre + beside(one) + half];
    };
    const along = pushed(picture, growth, span);
    const moves = new Map(picture.boxes.map((box) => [box, pair(along.get(box), beside(box))]));
    // The end of an arrow goes with its box; at a part it is spread along the side.
    const end = (box, points, at) => {
      if (!box) return null;
      const by = moves.get(box).slice(), part = opened.get(box);
      if (!part) return by;
      const share = Math.min(Math.max((points[at + flow] - box.at[flow]) / (box.at[flow + 2] - box.at[flow]), 0), 1);
      by[flow] += growth.get(box) * share;
      const half = Math.max(part.size[cross] - (box.at[cross + 2] - box.at[cross]), 0) / 2, side = points[at + cross] - middle(box.at, cross);
      if (Math.abs(side) >= (box.at[cross + 2] - box.at[cross]) / 2 - 1) by[cross] += Math.sign(side) * half;
      return by;
    };
    for (const arrow of picture.arrows) {
      const path = arrow.lines.find((line) => line.name === "d").points, last = path.length - 2;
      const first = end(arrow.tail, path, 0), final = end(arrow.head, path, last), tail = first || final || [0, 0], head = final || first || [0, 0];
      const start = path[flow], length = path[last + flow] - start;
      for (const line of arrow.lines) {
        line.points = line.points.flatMap((_, at, points) => {
          if (at % 2) return [];
          // What is next to an end goes with it, and the head as a whole.
          let by = [0, 0];
          if (line.name === "points" || points === path && at >= last - 2) by = head;
          else if (points === path && at <= 2) by = tail;
          else {
            // An arrow that leads on goes straight first, and bends where it did before.
            const share = Math.abs(length) < 1 ? 1 : Math.min(Math.max(length > 0 ? (points[at + flow] - start - 12) / 12 : (points[at + flow] - start) / length, 0), 1);
            by = pair(tail[flow] + (head[flow] - tail[flow]) * share, across(points[at + cross]));
          }
          return [points[at] + by[0], points[at + 1] + by[1]];
        });
      }
    }
    let most = [0, 0];
    const bounds = (box) => pair(box.at[flow + 2] + along.get(box) + (growth.get(box) || 0), box.at[cross + 2] + across(box.at[cross + 2]));
    const reach = ([x, y]) => { most = [Math.max(most[0], x - picture.end[0]), Math.max(most[1], y - picture.end[1])]; };
    picture.boxes.forEach((box) => reach(bounds(box)));
    for (const frame of picture.frames) {
      const inside = picture.boxes.filter((box) => isIn(box, frame)), centre = middle(frame.at, flow);
      const before = inside.length ? Math.min(...inside.map((box) => box.at[flow] + along.get(box))) - Math.min(...inside.map((box) => box.at[flow])) : 0;
      const after = inside.length ? Math.max(...inside.map((box) => bounds(box)[flow])) - Math.max(...inside.map((box) => box.at[flow + 2])) : 0;
      const at = (value, isFlow) => value + (isFlow ? value > centre ? after : before : across(value));
      for (const line of frame.lines) line.points = line.points.map((value, place) => at(value, place % 2 === flow));
      reach([at(frame.at[2], flow === 0), at(frame.at[3], flow === 1)]);
    }
    for (const box of picture.boxes) {
      const by = moves.get(box), part = opened.get(box);
      if (!part) {
        if (by[0] || by[1]) box.element.setAttribute("transform", `translate(${say(by[0])} ${say(by[1])})`);
        continue;
      }
      const own = [box.at[2] - box.at[0], box.at[3] - box.at[1]], size = [Math.max(part.size[0], own[0]), Math.max(part.size[1], own[1])];
      const corner = [0, 1].map((axis) => axis === flow ? box.at[axis] + by[axis] : middle(box.at, axis) + by[axis] - size[axis] / 2);
      const margin = [(size[0] - part.size[0]) / 2, (size[1] - part.size[1]) / 2];
      part.element.setAttribute("transform", `translate(${say(corner[0] + margin[0])} ${say(corner[1] + margin[1])})`);
      part.element.prepend(shape("rect", { class: "around", x: say(-margin[0]), y: say(-margin[1]), width: say(size[0]), height: say(size[1]), rx: 9, fill: "none", stroke: "#6e7781", "stroke-width": 1.2, "stroke-dasharray": "6 4" }));
      mark(part.element, size[0] - margin[0], -margin[1], Number(part.element.dataset.open), false);
      box.element.replaceWith(part.element);
    }
    for (const { element, name, points } of [...picture.frames, ...picture.arrows].flatMap(({ lines }) => lines)) {
      let place = 0;
      if (name) element.setAttribute(name, element.getAttribute(name).replace(number, () => say(points[place++])));
      else { element.setAttribute("x", say(points[0])); element.setAttribute("y", say(points[1])); }
    }
    const [, , width, height] = numbers(picture.svg.getAttribute("viewBox"));
    picture.svg.setAttribute("viewBox", `0 0 ${say(width + most[0])} ${say(height + most[1])}`);
    picture.svg.setAttribute("width", say(width + most[0]) + "pt");
    picture.svg.setAttribute("height", say(height + most[1]) + "pt");
  }

  // A picture with the parts in it that are open; boxes that unfold have a sign.
  function composed(svg, parent) {
    const picture = taken(svg), boxes = new Map(picture.boxes.map((box) => [box.element.id, box])), opened = new Map();
    parts.boxes.forEach(([around, id], number) => {
      if (around !== parent || !boxes.has(id)) return;
      const box = boxes.get(id);
      if (!open.has(number)) {
        box.element.dataset.part = number;
        mark(box.element, box.at[2], box.at[1], number, true);
        return;
      }
      const part = composed(document.importNode(new DOMParser().parseFromString(pictures[number], "image/svg+xml").documentElement, true), number);
      const element = shape("g", { class: "part", "data-open": number });
      element.append(...part.children);
      element.querySelector(".graph > polygon").setAttribute("fill", "none");
      opened.set(box, { element, size: numbers(part.getAttribute("viewBox")).slice(2) });
    });
    if (opened.size) arranged(picture, opened);
    return picture.svg;
  }

  function close(number) {
    open.delete(number);
    for (const other of Array.from(open)) if (parts.boxes[other][0] === number) close(other);
  }

  return {
    can, open, read, close,
    titles: parts.boxes.map(([, , title]) => title),
    has: (number) => Boolean(pictures && pictures[number]),
    picture: (svg) => composed(svg.cloneNode(true), -1),
  };
}
