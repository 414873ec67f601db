// The playground: an editor whose text a worker checks, summarizes and draws after each keystroke.
const by = (id) => document.getElementById(id);
const spec = by("spec"), marks = by("marks"), list = by("diagnostics"), state = by("status");
const example = by("example"), detail = by("detail"), picture = by("picture"), summary = by("summary");
const tabs = [by("tab-picture"), by("tab-summary")];

/** Milliseconds after the last keystroke until the text is checked. */
const PAUSE = 60;
let worker = null, examples = {}, path = "spec.yaml", timer = null, asked = 0, ready = false;

const dark = () => document.body.dataset.mdColorScheme === "slate";

function ask() {
  if (!ready) return;
  asked += 1;
  worker.postMessage({ number: asked, text: spec.value, path, detail: detail.value, theme: dark() ? "dark" : "light" });
}

function edited() {
  mark([]);
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

/** Number the lines, and mark those with diagnostics. */
function mark(diagnostics) {
  const worst = new Map();
  for (const { line, severity } of diagnostics) {
    if (worst.get(line) !== "error") worst.set(line, severity);
  }
  marks.replaceChildren(...spec.value.split("\n").map((text, index) => {
    const row = document.createElement("span");
    row.dataset.line = index + 1;
    row.textContent = text || " ";
    if (worst.has(index + 1)) row.className = worst.get(index + 1);
    return row;
  }));
  scrolled();
}

function scrolled() {
  marks.scrollTop = spec.scrollTop;
  marks.scrollLeft = spec.scrollLeft;
}

/** Move the cursor to a line and a column, both from 1. */
function go(line, column) {
  const lines = spec.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  spec.focus();
  spec.setSelectionRange(start, start);
  spec.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(spec).lineHeight));
}

function item(diagnostic) {
  const entry = document.createElement("li"), button = document.createElement("button");
  entry.className = diagnostic.severity;
  button.type = "button";
  const place = diagnostic.path || (diagnostic.line ? `${diagnostic.line}:${diagnostic.column}` : "spec");
  button.append(`${place} ${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`);
  for (const [word, text] of [["note", diagnostic.note], ["help", diagnostic.help]]) {
    if (!text) continue;
    const more = document.createElement("small");
    more.textContent = `${word}: ${text}`;
    button.append(more);
  }
  if (diagnostic.line && !diagnostic.path) button.addEventListener("click", () => go(diagnostic.line, diagnostic.column));
  entry.append(button);
  return entry;
}

function show(answer) {
  // An older answer than the last question is about a text that is gone.
  if (answer.number !== asked) return;
  mark(answer.diagnostics);
  list.replaceChildren(...answer.diagnostics.map(item));
  const errors = answer.diagnostics.filter((one) => one.severity === "error").length;
  const warnings = answer.diagnostics.length - errors;
  const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  state.textContent = errors || warnings
    ? [errors && count(errors, "error"), warnings && count(warnings, "warning")].filter(Boolean).join(", ")
    : `OK: ${answer.facts}`;
  for (const part of [picture, summary]) part.classList.toggle("stale", answer.summary === null);
  if (answer.summary !== null) {
    summary.textContent = answer.summary;
    // The picture is written by Graphviz from a text in which every name is escaped; as an image it could not be searched.
    const parsed = new DOMParser().parseFromString(answer.svg, "image/svg+xml");
    picture.replaceChildren(document.importNode(parsed.documentElement, true));
  }
  document.documentElement.dataset.answered = String(answer.number);
}

// A link holds the text in its fragment, compressed.

async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

async function unpacked(fragment) {
  const bytes = Uint8Array.from(atob(fragment.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).text();
}

async function copyLink() {
  const address = new URL(location.href);
  address.hash = `spec=${await packed(spec.value)}`;
  history.replaceState(null, "", address);
  try {
    await navigator.clipboard.writeText(address.href);
    state.textContent = "The link is copied.";
  } catch {
    state.textContent = "The link is in the address bar.";
  }
}

/** Return the text of the link, or nothing. */
async function linked() {
  const match = location.hash.match(/^#spec=([\w-]+)$/);
  if (!match) return null;
  try {
    return await unpacked(match[1]);
  } catch {
    state.textContent = "This link is damaged.";
    return null;
  }
}

function choose(name) {
  example.value = name;
  path = name ? `specs/${name}.yaml` : "spec.yaml";
  if (name) spec.value = examples[name];
  edited();
}

function select(tab) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    by(other.getAttribute("aria-controls")).hidden = !chosen;
  }
}

function listen() {
  spec.addEventListener("input", () => { example.value = ""; edited(); });
  spec.addEventListener("scroll", scrolled);
  let leaves = false;
  spec.addEventListener("keydown", (event) => {
    // The Tab key indents; after Escape it leaves the editor.
    if (event.key === "Tab" && !event.shiftKey && !leaves) {
      event.preventDefault();
      spec.setRangeText("  ", spec.selectionStart, spec.selectionEnd, "end");
      spec.dispatchEvent(new Event("input"));
    }
    leaves = event.key === "Escape";
  });
  example.addEventListener("change", () => choose(example.value));
  detail.addEventListener("change", ask);
  by("link").addEventListener("click", copyLink);
  for (const tab of tabs) {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[1 - tabs.indexOf(tab)];
      select(other);
      other.focus();
    });
  }
  new MutationObserver(ask).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  window.addEventListener("hashchange", async () => {
    const text = await linked();
    if (text !== null) { spec.value = text; choose(""); }
  });
}

async function start() {
  document.documentElement.dataset.ready = String(performance.now());
  mark([]);
  listen();
  if (location.protocol === "file:") {
    state.textContent = "A browser runs WebAssembly only from a server: run `python -m http.server` in the folder of the documentation.";
    return;
  }
  state.textContent = "Loading…";
  const answer = await fetch("dist/examples.json").catch(() => null);
  if (!answer?.ok) {
    state.textContent = "This build of the documentation has no playground: `python -m tools.playground` makes it.";
    return;
  }
  examples = await answer.json();
  example.append(...Object.keys(examples).map((name) => new Option(name, name)));
  example.disabled = false;
  const text = await linked();
  if (text !== null) { spec.value = text; choose(""); } else choose("two_branch");
  worker = new Worker("worker.js", { type: "module" });
  worker.addEventListener("message", ({ data }) => {
    if (data.problem) {
      state.textContent = data.problem;
    } else if (data.ready) {
      ready = true;
      ask();
    } else {
      show(data);
    }
  });
  worker.addEventListener("error", (event) => { state.textContent = `The checks cannot be loaded: ${event.message}`; });
  worker.postMessage({ examples });
}

start();
