// The worker of the playground: Python checks the text, Graphviz lays the picture out.
import { loadPyodide } from "./dist/pyodide.mjs";
import * as Viz from "./dist/viz.js";

let waiting = null, answer = null;

async function load(examples) {
  const [python, archive, graphviz] = await Promise.all([
    loadPyodide({ indexURL: new URL("./dist/", import.meta.url).href }),
    fetch(new URL("./dist/python.zip", import.meta.url)).then((response) => response.arrayBuffer()),
    Viz.instance(),
  ]);
  python.unpackArchive(archive, "zip", { extractDir: "/python" });
  // A spec may include the others.
  python.FS.mkdirTree("/home/pyodide/specs");
  for (const [name, text] of Object.entries(examples)) python.FS.writeFile(`/home/pyodide/specs/${name}.yaml`, text);
  python.runPython("import sys; sys.path.insert(0, '/python')");
  const driver = python.pyimport("driver");
  driver.draw_with((dot, format, engine) => graphviz.renderString(dot, { format, engine }));
  answer = driver.answer;
  self.postMessage({ ready: true });
}

function work() {
  const { number, text, path, detail, theme } = waiting;
  waiting = null;
  try {
    self.postMessage({ number, ...JSON.parse(answer(text, path, detail, theme)) });
  } catch (problem) {
    self.postMessage({ problem: `mergecli failed on this text; please report it: ${String(problem).trim().split("\n").pop()}` });
  }
}

self.addEventListener("message", ({ data }) => {
  if (data.examples) {
    load(data.examples).catch((problem) => self.postMessage({ problem: `The checks cannot be loaded: ${problem}` }));
    return;
  }
  // Of several specs that arrived during an answer, only the last is looked at.
  const idle = waiting === null;
  waiting = data;
  if (idle) setTimeout(work);
});
