"use strict";
(() => {
  const root = document.documentElement;
  const by = (id) => document.getElementById(id);
  const data = JSON.parse(by("data").textContent);
  const layers = data.layers;
  const places = new Map(layers.map((layer, place) => [layer.index, place]));
  const picture = by("picture"), sheet = by("sheet"), pane = by("pane"), search = by("search");
  // The rows of the table are in bodies of equally many: Firefox needs minutes to print thousands in one.
  const bodies = Array.from(by("table").querySelectorAll("tbody")), rows = bodies.flatMap((body) => Array.from(body.rows)), most = bodies[0].rows.length;
  const tabs = Array.from(document.querySelectorAll("[role=tab]"), (tab) => tab.getAttribute("aria-controls"));
  let chosen = null, matches = null, scale = 1, drawing = null, wide = 1, high = 1;

  // What is kept: the colours for all pages, the rest for this page in this tab, so that it survives a reload.
  const keep = (store, key, value) => { try { store.setItem(key, value); } catch { /* a browser may forbid it */ } };
  const kept = (store, key) => { try { return store.getItem(key); } catch { return null; } };
  const memory = "mergecli " + location.pathname;

  // Texts of the spec get onto the page as text alone.
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "ink") element.style.setProperty("--ink", value);
      else if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  }
  function draw(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  const exact = (number) => number === null ? "?" : number.toLocaleString("en-US");
  function short(number) {
    if (number === null) return "?";
    for (const [size, unit] of [[1e12, " T"], [1e9, " G"], [1e6, " M"]]) {
      if (number >= size) return (number / size).toPrecision(3) + unit;
    }
    return exact(number);
  }
  function bytes(number) {
    if (number === null) return "?";
    let unit = 0;
    while (number >= 1024 && unit < 4) { number /= 1024; unit += 1; }
    return (unit ? number.toFixed(1) : number) + [" B", " KiB", " MiB", " GiB", " TiB"][unit];
  }
  // A share is only shown of a whole that is known.
  function percent(part, total) {
    const share = 100 * part / total;
    return (share >= 10 || share === 0 ? share.toFixed(0) : share >= 0.1 ? share.toFixed(1) : "< 0.1") + " %";
  }
  const measures = [
    { key: "parameters", name: "Parameters", say: short, ink: "var(--first)" },
    { key: "macs", name: "MACs", say: short, ink: "var(--second)" },
    { key: "bytes", name: "Activations", say: bytes, ink: "var(--third)" },
  ];
  for (const measure of measures) {
    measure.values = layers.map((layer) => layer.change === "removed" ? 0 : layer[measure.key]);
    measure.total = measure.values.reduce((sum, value) => sum + (value || 0), 0);
    measure.most = measure.values.reduce((most, value) => Math.max(most, value || 0), 0);
    measure.unknown = measure.values.includes(null);
  }
  const branches = data.branches;
  // Where two models are compared, colours are those of changes.
  const ink = (branch) => branch === null || data.diff ? null : `light-dark(${data.inks[branches.indexOf(branch) % data.inks.length].join(", ")})`;

  // The picture: which box stands for which layers, several where it is folded, and which arrows lead there.
  const boxes = new Map(), arrows = new Map(), conditional = [];
  const folded = sheet.querySelector("svg");
  let whole = null;
  const stands = (group) => (group.dataset.nodes || "").split(" ").filter(Boolean).map((number) => places.get(Number(number))).filter((place) => place !== undefined);
  function mount(picture) {
    if (drawing !== picture) sheet.replaceChildren(picture);
    drawing = picture;
    boxes.clear();
    arrows.clear();
    conditional.length = 0;
    // A point is four thirds of a pixel.
    [wide, high] = [drawing.viewBox.baseVal.width * 4 / 3 || 1, drawing.viewBox.baseVal.height * 4 / 3 || 1];
    drawing.style.setProperty("--wide", wide + "px");
    // As the page that was written says it of the first picture.
    sheet.classList.toggle("tall", 880 / high < 0.4 * Math.min(1, 687 / wide));
    for (const group of drawing.querySelectorAll("g[id]")) {
      const joined = /\bjoins-([\d-]+)/.exec(group.getAttribute("class"));
      if (joined) {
        for (const place of joined[1].split("-").map((number) => places.get(Number(number)))) arrows.set(place, [...(arrows.get(place) || []), group]);
        continue;
      }
      let found = stands(group);
      const output = /^output-(\d+)$/.exec(group.id);
      if (output && data.outputs[output[1]]) found = [places.get(data.outputs[output[1]][0])].filter((place) => place !== undefined);
      if (!found.length) continue;
      group.setAttribute("data-box", found.join(" "));
      if (output) continue;
      for (const place of found) boxes.set(place, group);
      const outline = group.querySelector("path, polygon, ellipse, rect");
      if (outline) outline.classList.add("outline");
    }
    for (const style of document.styleSheets) {
      for (const rule of sheet.contains(style.ownerNode) ? style.cssRules : []) {
        if (rule.media && /prefers-color-scheme/.test(rule.media.mediaText)) conditional.push([rule, /dark/.test(rule.media.mediaText)]);
      }
    }
  }
  const groups = data.parts && unfolding(data.parts);
  const mountFolded = () => mount(groups && groups.can ? groups.picture(folded) : folded);
  // A picture in which layers share boxes unfolds into one with a box for each; that is only read when it is wanted.
  function unfold(wanted) {
    if (!data.whole || wanted === (drawing === whole)) return;
    if (wanted && whole === null) whole = document.importNode(new DOMParser().parseFromString(data.whole, "image/svg+xml").documentElement, true);
    if (wanted) mount(whole); else mountFolded();
    by("fold").textContent = wanted ? "Fold" : "Unfold";
    paint(theme);
    begin();
    if (matches) look();
    choose(chosen);
  }
  // One box unfolds, or is folded again with what is in it; it stays where it is on the screen.
  const partOf = (place) => boxes.has(place) && boxes.get(place).dataset.part !== undefined ? Number(boxes.get(place).dataset.part) : null;
  const around = (place) => { const open = boxes.has(place) && boxes.get(place).closest("[data-open]"); return open ? Number(open.dataset.open) : null; };
  const corner = (number) => {
    const element = sheet.querySelector(`[data-open="${number}"] > .around`) || sheet.querySelector(`[data-part="${number}"] > .outline`), at = element.getBoundingClientRect();
    return [(at.left + at.right) / 2, at.top];
  };
  async function toggle(number) {
    await groups.read();
    if (!groups.has(number) || drawing === whole) return;
    const before = corner(number), isOpen = groups.open.has(number);
    if (isOpen) groups.close(number); else groups.open.add(number);
    redraw();
    const after = corner(number);
    picture.scrollBy(after[0] - before[0], after[1] - before[1]);
    say(`${isOpen ? "folded" : "unfolded"} ${groups.titles[number]}`);
  }
  function redraw() {
    mountFolded();
    size(scale);
    paint(theme);
    if (matches) look();
    choose(chosen, false);
  }
  mountFolded();
  root.dataset.scripted = "";

  // Colours. What the picture says for a dark system holds for a dark page.
  const themes = ["auto", "light", "dark"];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let theme = kept(localStore(), "mergecli theme") || root.dataset.theme;
  function localStore() { try { return window.localStorage; } catch { return null; } }
  function paint(next) {
    theme = themes.includes(next) ? next : "auto";
    if (theme === "auto") root.removeAttribute("data-theme"); else root.dataset.theme = theme;
    const words = { auto: "as the system", light: "light", dark: "dark" }[theme];
    by("theme").setAttribute("aria-label", "Colours: " + words);
    by("theme").title = "Colours: " + words + " (t)";
    shade(theme === "dark" || (theme === "auto" && dark.matches));
  }
  function shade(isDark) {
    for (const [rule, wants] of conditional) rule.media.mediaText = wants === isDark ? "all" : "not all";
  }
  function turn() {
    paint(theme === "auto" ? (dark.matches ? "light" : "dark") : theme === (dark.matches ? "light" : "dark") ? (dark.matches ? "dark" : "light") : "auto");
    keep(localStore(), "mergecli theme", theme);
    say(by("theme").getAttribute("aria-label"));
  }
  paint(theme);
  dark.addEventListener("change", () => paint(theme));
  addEventListener("beforeprint", () => shade(false));
  addEventListener("afterprint", () => paint(theme));
  const say = (words) => { by("said").textContent = words; };

  // Zoom.
  const room = () => [picture.clientWidth - 56, picture.clientHeight - 56];
  const fitting = () => Math.min(room()[0] / wide, room()[1] / high, 1.25);
  const least = () => Math.min(0.1, fitting());
  function zoom(next, x = picture.clientWidth / 2, y = picture.clientHeight / 2) {
    next = Math.min(Math.max(next, least()), 6);
    const before = drawing.getBoundingClientRect(), frame = picture.getBoundingClientRect();
    const across = (frame.left + x - before.left) / before.width, down = (frame.top + y - before.top) / before.height;
    size(next);
    const after = drawing.getBoundingClientRect();
    picture.scrollLeft += after.left + across * after.width - frame.left - x;
    picture.scrollTop += after.top + down * after.height - frame.top - y;
    remember();
  }
  function size(next) {
    scale = next;
    drawing.style.width = wide * next + "px";
    drawing.style.height = high * next + "px";
    by("fit").textContent = Math.round(next * 100) + " %";
    by("fit").setAttribute("aria-label", "Zoom is " + Math.round(next * 100) + " percent; fit the whole picture");
  }
  // The picture into the middle; what is higher than its frame begins at the top.
  function centre() {
    const [, height] = room(), at = drawing.getBoundingClientRect(), frame = picture.getBoundingClientRect();
    picture.scrollLeft += (at.left + at.right - frame.left - frame.right) / 2;
    picture.scrollTop += at.height > height + 1 ? at.top - frame.top - 28 : (at.top + at.bottom - frame.top - frame.bottom) / 2;
  }
  function fit() {
    size(fitting());
    centre();
    remember();
  }
  // What is in the middle stays there when the frame becomes larger or smaller; the room around the picture grows with it.
  let framed = [picture.clientWidth, picture.clientHeight];
  new ResizeObserver(() => {
    const next = [picture.clientWidth, picture.clientHeight];
    picture.scrollBy((next[0] - framed[0]) / 2, (next[1] - framed[1]) / 2);
    framed = next;
  }).observe(picture);
  function begin() {
    // The charts have taken their room since the frame was measured.
    framed = [picture.clientWidth, picture.clientHeight];
    // A picture that would be too small to read is larger instead.
    size(fitting() >= 0.55 ? fitting() : Math.max(Math.min(room()[0] / wide, 0.9), 0.55));
    centre();
    // Of a picture that is wider than its frame, its beginning is seen.
    if (boxes.has(0)) reveal(boxes.get(0));
    // No side of a picture that is larger than its frame begins with blank ground.
    const at = drawing.getBoundingClientRect(), frame = picture.getBoundingClientRect(), [width, height] = room();
    if (at.width > width) picture.scrollLeft += Math.max(at.left - frame.left - 28, 0) + Math.min(at.right - frame.left - 28 - width, 0);
    if (at.height > height) picture.scrollTop += Math.max(at.top - frame.top - 28, 0);
  }
  picture.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const frame = picture.getBoundingClientRect();
    zoom(scale * Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 160), event.clientX - frame.left, event.clientY - frame.top);
  }, { passive: false });
  let drag = null, dragged = false;
  picture.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button || event.pointerType === "touch" || event.offsetX > picture.clientWidth && event.target === picture) return;
    drag = [event.clientX, event.clientY, picture.scrollLeft, picture.scrollTop];
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const across = event.clientX - drag[0], down = event.clientY - drag[1];
    if (!dragged && Math.hypot(across, down) < 5) return;
    dragged = true;
    picture.classList.add("moving");
    picture.scrollTo(drag[2] - across, drag[3] - down);
  });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { drag = null; picture.classList.remove("moving"); });
  picture.addEventListener("click", (event) => {
    if (dragged) return;
    const sign = event.target.closest("[data-toggle]");
    if (sign) { toggle(Number(sign.dataset.toggle)); return; }
    const group = event.target.closest("[data-box]");
    if (!group) { choose(null); return; }
    const inside = group.dataset.box.split(" ").map(Number);
    // Another click on a folded box goes to the next layer in it.
    choose(inside.includes(chosen) ? inside[(inside.indexOf(chosen) + 1) % inside.length] : inside[0], false);
  });
  picture.addEventListener("scroll", () => remember(), { passive: true });
  by("in").addEventListener("click", () => zoom(scale * 1.25));
  by("out").addEventListener("click", () => zoom(scale / 1.25));
  by("fit").addEventListener("click", fit);
  by("fold").hidden = !data.whole;
  by("fold").addEventListener("click", () => unfold(drawing !== whole));

  // The picture as a file, without what is chosen or searched; `isSeen` has the colours of the page, else the file follows its reader's system.
  function file(isSeen) {
    const copy = drawing.cloneNode(true);
    copy.removeAttribute("style");
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    for (const sign of copy.querySelectorAll(".sign")) sign.remove();
    for (const element of copy.querySelectorAll("[class]")) element.classList.remove("chosen", "near", "dim", "outline");
    const styles = drawing.querySelectorAll("style");
    if (isSeen) copy.querySelectorAll("style").forEach((style, number) => { style.textContent = Array.from(styles[number].sheet.cssRules, seen).join("\n"); });
    return new XMLSerializer().serializeToString(copy);
  }
  function seen(rule) {
    const condition = conditional.find(([other]) => other === rule);
    if (!condition) return rule.cssText;
    return rule.media.mediaText === "all" ? Array.from(rule.cssRules, (inner) => inner.cssText).join("\n") : "";
  }
  function save(blob, ending) {
    const address = URL.createObjectURL(blob), anchor = make("a", { href: address, download: `${data.name.replace(/[^\p{L}\p{N}._-]+/gu, "_") || "model"}.${ending}` });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    say(`saved as ${anchor.download}`);
  }
  by("save-svg").addEventListener("click", () => save(new Blob([file(false)], { type: "image/svg+xml" }), "svg"));
  by("save-png").addEventListener("click", () => {
    // What a browser can paint: two pixels for one where that is not too much.
    const dense = Math.min(2, 16000 / Math.max(wide, high), Math.sqrt(1.2e8 / (wide * high)));
    const canvas = make("canvas", { width: Math.ceil(wide * dense), height: Math.ceil(high * dense) }), image = new Image();
    image.onload = () => {
      const context = canvas.getContext("2d");
      context.fillStyle = getComputedStyle(root).backgroundColor;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => { if (blob) save(blob, "png"); else say("The picture is too large for a bitmap."); });
    };
    image.onerror = () => say("The picture is too large for a bitmap.");
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(file(true));
  });

  // A layer is chosen in the picture, in the table, on the charts or by a key; all show it.
  function choose(place, move = true, step = undefined) {
    if (chosen !== null) rows[chosen].classList.remove("chosen");
    for (const element of sheet.querySelectorAll(".chosen, .near")) element.classList.remove("chosen", "near");
    chosen = place;
    if (compared) compared.follow(place, step);
    pane.classList.toggle("chosen", place !== null);
    pane.replaceChildren(...(place === null ? compared && compared.whole() || overview() : details(place)));
    pane.scrollTop = 0;
    needle(fixed, place);
    if (place === null) {
      history.replaceState(null, "", location.pathname + location.search + address());
    } else {
      const layer = layers[place], group = boxes.get(place);
      rows[place].classList.add("chosen");
      if (group) {
        group.classList.add("chosen");
        for (const inside of group.dataset.box.split(" ")) for (const arrow of arrows.get(Number(inside)) || []) arrow.classList.add("near");
        if (move) reveal(group);
      }
      if (!by("table").hidden) showRow(place);
      history.replaceState(null, "", address());
      if (step === undefined) say(`${layer.name}, ${layer.class}, ${layer.shapes.join(", ")}`);
    }
    remember();
  }
  // The fragment of the address: the layer that is chosen, and the boxes that are unfolded.
  function address() {
    const opened = groups && groups.open.size ? "&open=" + Array.from(groups.open).join(".") : "";
    return chosen !== null || opened ? "#" + (chosen === null ? "" : encodeURIComponent(layers[chosen].name)) + opened : "";
  }
  function reveal(group) {
    const at = group.getBoundingClientRect(), frame = picture.getBoundingClientRect(), edge = 40;
    // The buttons in the lower corners cover what is below.
    const floor = compared ? 110 : edge;
    if (at.left < frame.left + edge || at.right > frame.right - edge) picture.scrollLeft += (at.left + at.right - frame.left - frame.right) / 2;
    if (at.top < frame.top + edge || at.bottom > frame.bottom - floor) picture.scrollTop += (at.top + at.bottom - frame.top - frame.bottom) / 2;
  }

  const link = (place, text, shape) => make("button", { class: "go", type: "button", "data-go": place }, text, shape ? " " : null, shape ? make("span", { class: "shape" }, shape) : null);
  const consumers = layers.map(() => []);
  layers.forEach((layer, place) => {
    for (const [index] of layer.from) if (places.has(index) && !consumers[places.get(index)].includes(place)) consumers[places.get(index)].push(place);
  });
  const shared = new Map();
  layers.forEach((layer, place) => {
    const first = layer.owner === null ? place : places.get(layer.owner);
    if (first !== undefined) shared.set(first, [...(shared.get(first) || []), place]);
  });

  function fact(name, value, note, part, measure) {
    const bar = part && !measure.unknown ? make("div", { class: "share" }, make("i", { ink: measure.ink })) : null;
    if (bar) bar.firstChild.style.width = 100 * part / measure.total + "%";
    return make("div", {}, make("dt", {}, name), make("dd", {}, value, note ? make("small", {}, note) : null, bar));
  }
  const list = (pairs) => make("dl", { class: "given" }, pairs.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

  function details(place) {
    const layer = layers[place], kind = data.kinds[layer.class] || { about: "", defaults: {} };
    const [parameters, macs, memory] = measures;
    const tag = (text, extra, color) => make("span", { class: "tag" + (extra || "") }, color ? make("i", { ink: color }) : null, text);
    const part = [make("button", { class: "close", type: "button", "aria-label": "Let go of the layer", "data-go": "" }, "×"), make("h2", {}, layer.name)];
    part.push(make("div", { class: "tags" }, tag(layer.class, " class"), layer.branch === null ? null : tag(layer.branch, "", ink(layer.branch)),
      layer.frozen ? tag("frozen") : null, layer.output ? tag("output") : null, layer.input ? tag("input") : null, compared && layer.change ? compared.tag(layer.change) : null));
    if (kind.about) part.push(make("p", { class: "about" }, kind.about));
    if (compared) part.push(...compared.details(place));
    const uses = shared.get(layer.owner === null ? place : places.get(layer.owner)) || [];
    const way = [];
    if (layer.from.length) {
      way.push(make("dt", {}, "from"), make("dd", {}, layer.from.map(([index, text, shape]) => places.has(index) ? link(places.get(index), text, shape) : make("div", {}, text))));
    }
    way.push(make("dt", {}, "gives"), make("dd", {}, layer.shapes.map((shape, number) => make("div", {}, make("span", { class: "shape" }, `${shape} ${layer.dtypes[number]}`)))));
    if (consumers[place].length) way.push(make("dt", {}, "to"), make("dd", {}, consumers[place].map((next) => link(next, layers[next].name, layers[next].change === "removed" ? "removed" : ""))));
    if (uses.length > 1) way.push(make("dt", {}, "shared with"), make("dd", {}, uses.filter((other) => other !== place).map((other) => link(other, layers[other].name))));
    if (layer.origin) way.push(make("dt", {}, "is"), make("dd", {}, layer.origin));
    part.push(make("h3", {}, "Wiring"), make("dl", { class: "way" }, way));
    const frozen = layer.parameters === null ? null : layer.parameters - layer.trainable;
    const trained = layer.owner !== null ? "counted where it stands first" : !layer.parameters ? "" : !frozen ? "all trained" : layer.trainable ? `${exact(layer.trainable)} trained` : "none trained";
    // What is only in the old model is not a part of the new one.
    const share = (value) => layer.change === "removed" ? 0 : value;
    const note = (value, measure) => share(value) && !measure.unknown ? percent(value, measure.total) + " of the model" : "";
    part.push(make("h3", {}, "Numbers"), make("dl", { class: "facts" },
      fact("Parameters", exact(layer.parameters), [note(layer.parameters, parameters), trained].filter(Boolean).join(", "), share(layer.parameters), parameters),
      fact("MACs", exact(layer.macs), note(layer.macs, macs), share(layer.macs), macs),
      fact("Activations", bytes(layer.bytes), note(layer.bytes, memory), share(layer.bytes), memory),
      fact("Weights", bytes(layer.weight_bytes), layer.weights.length ? `${layer.weights.length} tensor${layer.weights.length > 1 ? "s" : ""}` : "")));
    const given = Object.entries(layer.arguments);
    const defaults = Object.entries(kind.defaults).filter(([name]) => !(name in layer.arguments));
    if (!layer.sides) part.push(make("h3", {}, "Arguments"), given.length ? list(given) : make("p", { class: "about" }, layer.described));
    if (defaults.length) part.push(make("details", {}, make("summary", {}, `${defaults.length} by default`), list(defaults)));
    if (layer.call && !layer.sides) part.push(make("h3", {}, "Called with"), list(Object.entries(layer.call)));
    const statistics = data.statistics[layer.index];
    if (compared) part.push(...compared.weights(place));
    else if (statistics) {
      const extras = new Map(layer.weights.map(([name, , extra]) => [name, extra]));
      const extra = (weight) => [extras.get(weight.name), weight.dtype === "float32" ? "" : `${weight.dtype} in the file`].filter(Boolean).join(", ");
      part.push(make("h3", {}, "Weights"), ...statistics.map((weight) => weightDetails(weight, extra(weight), make, draw)));
    } else if (layer.weights.length) part.push(make("h3", {}, "Weights"), list(layer.weights.map(([name, shape, extra]) => [name, shape + (extra ? `  ${extra}` : "")])));
    const together = boxes.has(place) ? boxes.get(place).dataset.box.split(" ").map(Number) : [];
    if (together.length > 1) part.push(make("details", { class: "together" }, make("summary", {}, `In a box with ${together.length - 1} other${together.length > 2 ? "s" : ""}`), together.map((other) => other === place ? make("div", {}, layers[other].name) : link(other, layers[other].name))));
    const inner = partOf(place), outer = around(place);
    if (inner !== null) part.push(make("button", { class: "fold", type: "button", "data-toggle": inner }, `Unfold ${groups.titles[inner]}`));
    if (outer !== null) part.push(make("button", { class: "fold", type: "button", "data-toggle": outer }, `Fold ${groups.titles[outer]}`));
    if (layer.lines.length) part.push(make("h3", {}, "In the spec"), ...layer.lines.flatMap(excerpt));
    return part;
  }
  // The lines of a layer, with two around them.
  function excerpt([file, first, last]) {
    const lines = data.files[file].lines, items = [];
    const begin = Math.max(1, first - 2), seen = lines.slice(begin - 1, last + 2);
    const margin = Math.min(...seen.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length));
    seen.forEach((line, step) => {
      const own = begin + step >= first && begin + step <= last;
      items.push(make("li", { "data-line": begin + step, class: own ? "own" : null }, line.slice(margin) + "\n"));
    });
    const words = `${data.files[file].path}:${first}${last > first ? "-" + last : ""}`;
    return [make("p", { class: "file" }, words), make("div", { class: "code", tabindex: 0, role: "group", "aria-label": words }, make("ol", {}, items))];
  }
  function overview() {
    const part = [make("h2", {}, data.name)];
    if (compared) part.push(...compared.overview());
    else part.push(make("p", { class: "about" }, `${exact(data.count)} layer${data.count === 1 ? "" : "s"}${branches.length > 1 ? ` in ${branches.length} branches and what joins them` : ""}. Choose one to see its arguments, shapes and lines.`));
    if (branches.length && !compared) part.push(make("div", { class: "tags" }, branches.map((branch) => make("span", { class: "tag" }, make("i", { ink: ink(branch) }), branch))));
    const ends = (which) => layers.flatMap((layer, place) => layer[which] ? [link(place, layer.name, layer.shapes[0] + " " + layer.dtypes[0])] : []);
    part.push(make("h3", {}, "Inputs and outputs"), make("dl", { class: "way" }, make("dt", {}, "takes"), make("dd", {}, ends("input")), make("dt", {}, "gives"),
      make("dd", {}, data.outputs.map(([index, text, shape, dtype]) => places.has(index) ? link(places.get(index), text, `${shape} ${dtype}`) : make("div", {}, text)))));
    for (const measure of measures) {
      const order = layers.map((_, place) => place).filter((place) => measure.values[place]);
      order.sort((a, b) => measure.values[b] - measure.values[a] || a - b);
      if (!order.length) continue;
      part.push(make("h3", {}, { parameters: "Most parameters", macs: "Most computing", bytes: "Most activation memory" }[measure.key]), make("ul", { class: "heavy" }, order.slice(0, 4).map((place) => {
        const bar = make("div", { class: "share" }, make("i", { ink: measure.ink }));
        bar.firstChild.style.width = 100 * measure.values[place] / (measure.unknown ? measure.most : measure.total) + "%";
        return make("li", {}, make("button", { type: "button", "data-go": place }, make("span", {}, layers[place].name),
          make("span", {}, measure.say(measure.values[place]) + (measure.unknown ? "" : `, ${percent(measure.values[place], measure.total)}`)), bar));
      })));
    }
    const broken = layers.flatMap((layer, place) => (data.statistics[layer.index] || []).some((weight) => weight.nan || weight.infinite) ? [place] : []);
    if (broken.length) part.push(make("h3", {}, "Weights that are not finite"), ...broken.slice(0, 50).map((place) => link(place, layers[place].name)));
    if (broken.length > 50) part.push(make("p", { class: "about" }, `and ${exact(broken.length - 50)} more`));
    if (data.unknown) part.push(make("p", { class: "about" }, "A question mark stands for what is not known, as a size is not."));
    return part;
  }
  const compared = data.diff ? comparison({ data, layers, by, make, choose, open, say, chosen: () => chosen }) : null;
  pane.addEventListener("click", (event) => {
    const target = event.target.closest("[data-go]"), box = event.target.closest("[data-toggle]");
    if (box) toggle(Number(box.dataset.toggle)).then(() => pane.focus({ preventScroll: true }));
    if (!target) return;
    choose(target.dataset.go === "" ? null : Number(target.dataset.go));
    pane.focus({ preventScroll: true });
  });

  // The charts: a bar for each layer, in the order of computation, and under them the sum so far.
  const count = layers.length, depth = by("depth"), needles = [], fixed = [];
  for (const measure of measures) {
    const gap = count > 400 ? 0 : 0.16, trained = [], frozen = [], sum = [];
    let reached = 0;
    measure.values.forEach((value, place) => {
      reached += value || 0;
      sum.push(`L${place} ${(100 - 100 * reached / (measure.total || 1)).toFixed(2)}H${place + 1}`);
      if (!value) return;
      const height = Math.max(100 * value / measure.most, 2).toFixed(2);
      const bar = `M${(place + gap / 2).toFixed(2)} 100v-${height}h${(1 - gap).toFixed(2)}v${height}z`;
      (measure.key === "parameters" && layers[place].frozen ? frozen : trained).push(bar);
    });
    const heaviest = measure.values.indexOf(measure.most);
    const words = measure.most ? `${measure.name} along the depth: ${measure.say(measure.total)} in all; the most, ${measure.say(measure.most)}, in ${layers[heaviest].name}` : `${measure.name}: none`;
    const chart = draw("svg", { viewBox: `0 0 ${count || 1} 100`, preserveAspectRatio: "none", role: "img", "aria-label": words });
    if (measure.total) {
      const line = sum.join("").replace(/^L/, "M");
      chart.append(draw("path", { class: "sum", d: `M0 100${sum.join("")}V100z` }), draw("path", { class: "edge", d: line }),
        draw("path", { class: "bars", d: trained.join("") }), draw("path", { class: "frozen", d: frozen.join("") }));
    }
    const frame = make("div", { class: "chart", ink: measure.ink }, make("i", { class: "needle fixed", hidden: "" }), chart, make("i", { class: "needle", hidden: "" }));
    fixed.push(frame.children[0]);
    needles.push(frame.children[2]);
    depth.append(make("div", { class: "measure" }, make("div", {}, make("b", {}, measure.name), make("span", {}, measure.say(measure.total) + (measure.unknown ? " known" : " in all")),
      make("span", {}, measure.most ? measure.say(measure.most) + " at most" : "")), frame));
  }
  const strip = make("div", {});
  for (let start = 0; start < count;) {
    let end = start;
    while (end < count && layers[end].branch === layers[start].branch) end += 1;
    const mark = make("i", { ink: ink(layers[start].branch), title: layers[start].branch }, layers[start].branch || "");
    mark.style.left = 100 * start / count + "%";
    mark.style.width = `calc(${100 * (end - start) / count}% - 2px)`;
    strip.append(mark);
    start = end;
  }
  if (compared) depth.append(compared.strip());
  depth.append(make("div", { class: "strip" }, make("div", {}, branches.length ? "Branch" : "From input to output"), strip));
  function needle(which, place) {
    for (const element of which) {
      element.hidden = place === null;
      if (place === null) continue;
      element.style.left = which === fixed ? 100 * place / count + "%" : 100 * (place + 0.5) / count + "%";
      if (which === fixed) element.style.width = `max(3px, ${100 / count}%)`;
    }
  }
  function under(event) {
    const frame = needles[0].parentNode.getBoundingClientRect();
    const place = Math.floor((event.clientX - frame.left) / frame.width * count);
    return place < 0 || place >= count ? null : place;
  }
  depth.addEventListener("pointermove", (event) => {
    const place = under(event);
    needle(needles, place);
    by("reading").textContent = place === null ? "" : `${layers[place].name}: ` + measures.map((measure) => `${measure.say(measure.values[place])} ${measure.name.toLowerCase().replace("macs", "MACs")}`).join(", ");
  });
  depth.addEventListener("pointerleave", () => { needle(needles, null); by("reading").textContent = ""; });
  depth.addEventListener("click", (event) => { const place = under(event); if (place !== null) choose(place); });

  // The table.
  const heads = Array.from(by("table").querySelectorAll("thead th"));
  // A collator is made once: `localeCompare` makes one for each pair of names.
  const collator = new Intl.Collator("en", { numeric: true });
  let sorted = [null, 1], order = layers.map((_, place) => place), outdated = [], later = 0;
  const isOut = (place) => rows[place].classList.contains("out");
  const ordered = (number) => order.slice(number * most, (number + 1) * most);
  // A body that is not seen is not laid out; it has the height of its rows.
  function reserve() {
    bodies.forEach((body, number) => body.style.setProperty("--rows", ordered(number).filter((place) => !isOut(place)).length));
  }
  reserve();
  // Moving thousands of rows takes a browser up to half a second: those that are seen are moved at once, the others a few at a time.
  function arrange() {
    clearTimeout(later);
    const { top, bottom } = by("table").getBoundingClientRect();
    const isSeen = bodies.map((body) => { const box = body.getBoundingClientRect(); return box.bottom > top && box.top < bottom; });
    const numbers = Array.from(bodies.keys());
    outdated = numbers.filter((number) => !isSeen[number]);
    fill(numbers.filter((number) => isSeen[number]));
    reserve();
    next();
  }
  function fill(numbers) {
    for (const number of numbers) bodies[number].replaceChildren(...ordered(number).map((place) => rows[place]));
  }
  function next() {
    by("table").setAttribute("aria-busy", outdated.length > 0);
    if (outdated.length) later = setTimeout(() => { fill(outdated.splice(0, 2)); next(); });
  }
  // All rows are in their places: for what is printed, and for a row that is scrolled to.
  function settle() {
    if (!outdated.length) return;
    clearTimeout(later);
    fill(outdated.splice(0));
    next();
  }
  addEventListener("beforeprint", settle);
  function showRow(place) {
    settle();
    rows[place].scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  function sort(key, direction) {
    sorted = [key, direction];
    order = layers.map((_, place) => place);
    const value = (place) => {
      const found = key === "order" ? place : key === "from" ? layers[place].from.map((source) => source[1]).join(", ") : key === "shapes" ? layers[place].size : layers[place][key];
      return found === "" ? null : found;
    };
    if (key !== null) {
      const values = order.map(value);
      order.sort((a, b) => {
        const one = values[a], two = values[b];
        // What is empty or not known stands last either way.
        if (one === null || two === null) return (one === null) - (two === null) || a - b;
        return direction * (typeof one === "number" ? one - two : collator.compare(one, two)) || a - b;
      });
    }
    arrange();
    for (const head of heads) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending"); else head.removeAttribute("aria-sort");
    }
    remember();
  }
  by("table").addEventListener("click", (event) => {
    const head = event.target.closest("thead th"), row = event.target.closest("tbody tr");
    if (head) {
      const first = head.classList.contains("number") && head.dataset.key !== "order" ? -1 : 1;
      if (sorted[0] !== head.dataset.key) sort(head.dataset.key, first);
      else if (sorted[1] === first) sort(head.dataset.key, -first);
      else sort(null, 1);
      const words = head.getAttribute("aria-sort");
      say(words ? `sorted by ${head.textContent}, ${words}` : "in the order of computation");
    } else if (row) choose(Number(row.dataset.place));
  });
  function open(tab) {
    for (const name of tabs) {
      by("tab-" + name).setAttribute("aria-selected", name === tab);
      by("tab-" + name).tabIndex = name === tab ? 0 : -1;
      by(name).hidden = name !== tab;
    }
    if (tab === "table" && chosen !== null) showRow(chosen);
    remember();
  }
  for (const name of tabs) by("tab-" + name).addEventListener("click", () => open(name));
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); open("table"); by("table").focus(); });

  // Search.
  let texts = null;
  function look() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts = texts || layers.map((layer) => [layer.name, layer.class, layer.branch || "", layer.origin, ...layer.shapes, ...Object.entries(layer.arguments).map(([name, value]) => `${name}: ${value} ${name}=${value}`), layer.frozen ? "frozen" : "", layer.change || ""].join("\n").toLowerCase());
    matches = words.length ? texts.flatMap((text, place) => words.every((word) => text.includes(word)) ? [place] : []) : null;
    const hit = new Set(matches || []);
    for (const group of new Set(boxes.values())) group.classList.toggle("dim", matches !== null && !group.dataset.box.split(" ").some((place) => hit.has(Number(place))));
    rows.forEach((row, place) => row.classList.toggle("out", matches !== null && !hit.has(place)));
    reserve();
    by("found").textContent = matches === null ? "" : `${matches.length} of ${layers.length}`;
    remember();
  }
  search.addEventListener("input", look);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && matches && matches.length) {
      event.preventDefault();
      const at = matches.indexOf(chosen), step = event.shiftKey ? -1 : 1;
      choose(matches[at < 0 ? (step > 0 ? 0 : matches.length - 1) : (at + step + matches.length) % matches.length]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (search.value) { search.value = ""; look(); } else picture.focus();
    }
  });

  // Keys.
  by("theme").addEventListener("click", turn);
  by("ask").addEventListener("click", () => by("help").showModal());
  const walk = {
    ArrowRight: () => chosen === null ? 0 : Math.min(chosen + 1, count - 1),
    ArrowLeft: () => chosen === null ? count - 1 : Math.max(chosen - 1, 0),
    ArrowDown: () => chosen === null ? 0 : consumers[chosen][0] ?? chosen,
    ArrowUp: () => chosen === null ? count - 1 : layers[chosen].from.map(([index]) => places.get(index)).find((place) => place !== undefined) ?? chosen,
    Home: () => 0,
    End: () => count - 1,
  };
  const keys = {
    "/": () => { search.focus(); search.select(); },
    "?": () => by("help").showModal(),
    "+": () => zoom(scale * 1.25),
    "=": () => zoom(scale * 1.25),
    "-": () => zoom(scale / 1.25),
    "0": fit,
    f: () => unfold(drawing !== whole),
    o: () => { const inner = partOf(chosen), outer = around(chosen); if (inner !== null) toggle(inner); else if (outer !== null) toggle(outer); },
    O: () => { const outer = around(chosen); if (outer !== null) toggle(outer); },
    t: turn,
    d: () => open("depth"),
    b: () => open("table"),
    ...(compared ? compared.keys : {}),
    Escape: () => { if (matches) { search.value = ""; look(); } else choose(null); },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || by("help").open || event.target === search) return;
    const target = event.target, tab = target.closest("[role=tab]");
    if (tab && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      const step = event.key === "ArrowRight" ? 1 : tabs.length - 1;
      const name = tabs[(tabs.indexOf(tab.getAttribute("aria-controls")) + step) % tabs.length];
      open(name);
      by("tab-" + name).focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && target.closest("#table")) {
      // In the table these keys go from row to row, as it is sorted and searched.
      const seen = order.filter((place) => !isOut(place));
      const at = seen.indexOf(chosen), step = event.key === "ArrowDown" ? 1 : -1;
      if (seen.length) choose(seen[at < 0 ? 0 : Math.min(Math.max(at + step, 0), seen.length - 1)]);
    } else if (walk[event.key] && count && !target.closest(".code, #pane, #changes")) choose(walk[event.key]());
    else if (event.key === "Enter" && (target === picture || target === document.body || target.id === "table")) {
      if (chosen === null && count) choose(0);
      pane.focus();
    } else if (event.key === "Escape" && target.closest("#pane") && chosen !== null) { choose(null); picture.focus({ preventScroll: true }); }
    else if (keys[event.key] && !event.repeat | "+-=".includes(event.key)) keys[event.key]();
    else return;
    event.preventDefault();
  });

  // What was seen before a reload is seen again; a link to a layer opens it.
  let ready = false, waiting = 0;
  function remember() {
    if (!ready || waiting) return;
    waiting = setTimeout(store, 150);
  }
  function store() {
    clearTimeout(waiting);
    waiting = 0;
    keep(sessionStore(), memory, JSON.stringify({
      layer: chosen === null ? null : layers[chosen].name, change: chosen === null ? undefined : layers[chosen].change, scale,
      left: picture.scrollLeft - framed[0] / 2, top: picture.scrollTop - framed[1] / 2, search: search.value, sorted,
      tab: tabs.find((name) => !by(name).hidden), unfolded: drawing === whole, open: groups ? Array.from(groups.open) : [],
    }));
  }
  function sessionStore() { try { return window.sessionStorage; } catch { return null; } }
  addEventListener("pagehide", store);
  // Of two models each may have a layer of a name.
  function named(name, change) {
    const same = layers.findIndex((layer) => layer.name === name && layer.change === change);
    const place = same < 0 ? layers.findIndex((layer) => layer.name === name) : same;
    return place < 0 ? null : place;
  }
  function linked() {
    try { return location.hash.length > 1 ? named(decodeURIComponent(location.hash.slice(1).split("&open=")[0])) : null; } catch { return null; }
  }
  const opened = () => location.hash.includes("&open=") ? location.hash.split("&open=")[1].split(".").map(Number) : null;
  async function reopen(numbers) {
    if (!groups || !groups.can || !numbers) return;
    if (numbers.length) await groups.read();
    groups.open.clear();
    for (const number of numbers) if (groups.has(number)) groups.open.add(number);
    if (numbers.length) redraw();
  }
  addEventListener("hashchange", async () => { const place = linked(); await reopen(opened()); if (place !== null && place !== chosen) choose(place); });

  let before = {};
  try { before = JSON.parse(kept(sessionStore(), memory)) || {}; } catch { /* written by another version */ }
  async function start() {
    const link_ = linked();
    open(tabs.includes(before.tab) ? before.tab : tabs[0]);
    await reopen(opened() || before.open);
    begin();
    if (before.sorted && before.sorted[0] !== null && heads.some((head) => head.dataset.key === before.sorted[0])) sort(before.sorted[0], before.sorted[1]);
    if (before.unfolded) unfold(true);
    if (before.search) { search.value = before.search; look(); }
    const last = before.layer ? named(before.layer, before.change) : null;
    // A link to another layer than the one that was seen is followed.
    const follows = link_ !== null && (last === null || layers[link_].name !== layers[last].name), first = follows ? link_ : last;
    if (before.scale) {
      size(before.scale);
      picture.scrollTo(before.left + framed[0] / 2, before.top + framed[1] / 2);
      choose(first, follows);
    } else choose(first);
    ready = true;

    // While the spec is written, a server on this machine says when the page is new.
    if (data.live) {
      const stream = new EventSource(data.live);
      stream.onmessage = () => { store(); stream.close(); location.reload(); };
      // What is wrong with the spec now; the page stays at what it was when all was well.
      const trouble = make("pre", { id: "trouble", role: "alert", tabindex: "0", hidden: "" });
      document.querySelector("header").after(trouble);
      const tell = (words) => { trouble.textContent = words; trouble.hidden = !words; };
      stream.addEventListener("trouble", (event) => tell(JSON.parse(event.data)));
      stream.onerror = () => tell("The spec is no longer watched: mergecli has ended.");
      stream.onopen = () => tell("");
      addEventListener("pagehide", () => stream.close());
    }
    requestAnimationFrame(() => setTimeout(() => { root.dataset.ready = performance.now().toFixed(1); }));
  }
  start();
})();
