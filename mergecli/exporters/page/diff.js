"use strict";
// What a page of two models has besides: the list of changes and the steps through it, and both sides of a layer.
// `page` has what the script of every page offers: its data, and functions that make elements and choose layers.
function comparison({ data, layers, by, make, choose, open, say, chosen }) {
  const { steps, marks, sums, loading, unused, counts } = data.diff;
  const items = Array.from(by("changes").querySelectorAll("[data-step]"));
  const places = new Map(steps.map((step, number) => [step.place, number]).reverse());
  let current = null;

  const counted = (number, word) => `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;
  const label = (step) => `${step.change} ${step.name}`;

  // A step chooses its layer; a change of the whole has none, and is shown by itself.
  function go(number) {
    const step = steps[number];
    choose(step.place, true, number);
    by("stage").scrollIntoView({ block: "nearest" });
    say(`Change ${number + 1} of ${steps.length}: ${label(step)}${step.cls ? `, ${step.cls}` : ""}. ${step.details.join(". ")}`);
  }
  function mark(number) {
    if (current !== null) items[current].removeAttribute("aria-current");
    current = number;
    by("step").textContent = number === null ? counted(steps.length, "change") : `${number + 1} of ${steps.length}: ${marks[steps[number].change]} ${label(steps[number])}`;
    by("step").title = by("step").textContent;
    if (number === null) return;
    for (const item of items) item.tabIndex = item === items[number] ? 0 : -1;
    items[number].setAttribute("aria-current", "true");
    // Only the list scrolls, not a narrow page around it.
    const at = items[number].getBoundingClientRect(), frame = by("changes").getBoundingClientRect();
    by("changes").scrollTop += Math.min(0, at.top - frame.top - 8) + Math.max(0, at.bottom - frame.bottom + 8);
  }
  // The next change is the one after the chosen layer, whether that has changed or not.
  function move(direction) {
    if (!steps.length) { say("There are no changes."); return; }
    const place = chosen(), last = steps.length - 1;
    let next;
    if (current !== null) next = current + direction;
    else if (place === null) next = direction > 0 ? 0 : last;
    else {
      const after = steps.findIndex((step) => step.place === null || step.place > place);
      next = direction > 0 ? after : (after < 0 ? steps.length : after) - 1;
      if (direction > 0 && after < 0) next = 0;
    }
    go((next + steps.length) % steps.length);
  }
  by("next").addEventListener("click", () => move(1));
  by("previous").addEventListener("click", () => move(-1));
  by("next").disabled = by("previous").disabled = !steps.length;
  by("changes").addEventListener("click", (event) => {
    const item = event.target.closest("[data-step]");
    if (item) go(Number(item.dataset.step));
  });

  // One item is reached by Tab, the others by the arrow keys.
  items.forEach((item, number) => { item.tabIndex = number ? -1 : 0; });
  by("changes").addEventListener("keydown", (event) => {
    if ((event.key !== "ArrowDown" && event.key !== "ArrowUp") || !steps.length) return;
    move(event.key === "ArrowDown" ? 1 : -1);
    items[current].focus({ preventScroll: true });
    event.preventDefault();
    event.stopPropagation();
  });

  // Both sides of a layer, or of anything else: a row for each, those that differ marked in words and in colour.
  function table(caption, rows, look = "sides") {
    const head = make("tr", {}, make("td", {}), make("th", { scope: "col" }, "old"), make("th", { scope: "col" }, "new"));
    return make("table", { class: look }, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, rows.map(([name, before, after, differs]) =>
      make("tr", { class: differs ? "differs" : null }, make("th", { scope: "row" }, name), differs ? [make("td", {}, make("del", {}, before || "none")), make("td", {}, make("ins", {}, after || "none"))]
        : make("td", { colspan: 2 }, after)))));
  }
  const tag = (change) => make("span", { class: `tag change ${change}` }, `${marks[change] ? marks[change] + " " : ""}${change === "reshaped" ? "another shape" : change}`);

  // The parts of the details of a layer that come before the others.
  function details(place) {
    const layer = layers[place], part = [];
    const step = places.has(place) ? steps[places.get(place)] : null;
    if (layer.sides) part.push(make("h3", {}, "Old and new"), table(`${layer.name}, old and new`, layer.sides));
    else if (layer.change) part.push(make("p", { class: "about" }, `Only the ${layer.change === "added" ? "new" : "old"} model has it.`));
    for (const other of steps) if (other.place === place && other !== step) part.push(make("p", { class: "about" }, other.details.join("; ")));
    return part;
  }
  // The weights of a layer, each with what a checkpoint of the old model has for it.
  function weights(place) {
    const layer = layers[place];
    if (!layer.weights.length) return [];
    const rows = layer.weights.map(([name, shape, extra], number) => {
      const reason = layer.loads ? layer.loads[number] : null;
      const loads = reason === null ? null : make("small", { class: reason ? "misses" : "loads" }, reason ? `does not load: ${reason}` : "loads");
      return [make("dt", {}, name), make("dd", {}, shape + (extra ? `  ${extra}` : ""), loads)];
    });
    const part = [make("h3", {}, "Weights"), make("dl", { class: "given" }, rows)];
    if (layer.change === "removed") part.push(make("p", { class: "about" }, unused.includes(layer.name) ? "The new model does not use them." : "A layer of the new model with this name takes what fits."));
    else if (layer.loads) part.push(make("p", { class: "about" }, layer.loads.some(Boolean) ? "By name and shape, from a checkpoint of the old model." : "All load by name and shape from a checkpoint of the old model."));
    if (layer.file) part.push(make("p", { class: "about" }, make("code", {}, 'new.load_weights("old.weights.h5")'), ` ${layer.file}`));
    return part;
  }
  // A change that is not one of a layer; null if none is chosen.
  function whole() {
    if (current === null || steps[current].place !== null) return null;
    const { name, change, details: lines } = steps[current];
    return [make("button", { class: "close", type: "button", "aria-label": "Close", "data-go": "" }, "×"), make("h2", {}, name), make("div", { class: "tags" }, tag(change)), ...lines.map((line) => make("p", { class: "line" }, line))];
  }
  // Sums of both models, and what loads of a checkpoint.
  function overview() {
    const part = [make("p", { class: "about" }, `${counts}. Choose a change in the list, or step through them by the keys n and p.`)];
    part.push(make("h3", {}, "Sums"), table("Sums of both models", sums.map(([name, before, after, difference]) => [name, before, difference && difference !== "?" ? `${after} (${difference})` : after, difference !== ""]), "sides sums"));
    part.push(make("h3", {}, "Weights of a checkpoint of the old model"), make("p", {}, `${loading.share} load by name and shape.`),
      make("p", { class: "about" }, make("code", {}, 'new.load_weights("old.weights.h5")'), ` ${loading.result}.`));
    if (loading.misses.length) part.push(make("details", {}, make("summary", {}, `${counted(loading.misses.length, "layer")} with weights that do not load`), make("ul", { class: "lines" }, loading.misses.map((line) => make("li", {}, line)))));
    if (unused.length) part.push(make("details", {}, make("summary", {}, `${counted(unused.length, "layer")} whose weights are not used`), make("ul", { class: "lines" }, unused.map((line) => make("li", {}, line)))));
    return part;
  }
  // Where the changes are along the depth.
  function strip() {
    const line = make("div", {});
    layers.forEach((layer, place) => {
      if (!layer.change) return;
      const tick = make("i", { class: `tick ${layer.change}`, title: `${layer.change} ${layer.name}` });
      tick.style.left = `${100 * place / layers.length}%`;
      tick.style.width = `max(3px, ${100 / layers.length}%)`;
      line.append(tick);
    });
    return make("div", { class: "strip", "aria-hidden": "true" }, make("div", {}, "Changes"), line);
  }
  mark(null);
  return {
    details, weights, whole, overview, strip, tag,
    // Whatever chooses a layer leads to its change.
    follow: (place, number) => mark(number !== undefined ? number : place !== null && places.has(place) ? places.get(place) : null),
    keys: { n: () => move(1), p: () => move(-1), c: () => open("changes") },
  };
}
