// How mergecli is started, without VS Code. `MERGECLI` is the command as JSON, by default ["mergecli"].
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { messagePage, picture } from "../src/picture";
import { problemOf, program, reason, run, Settings } from "../src/program";

const settings: Settings = { command: JSON.parse(process.env.MERGECLI ?? '["mergecli"]'), import: [] };
const folder = mkdtempSync(join(tmpdir(), "mergecli-"));

test("a command has the modules of the user's layers", () => {
  const what = program({ command: ["python", "-m", "mergecli"], import: ["a", "b"] }, "lsp", ["-q"]);
  assert.deepEqual(what, { command: "python", args: ["-m", "mergecli", "lsp", "--import", "a", "--import", "b", "-q"] });
  assert.equal(program({ command: [], import: [] }, "lsp").command, "mergecli");
});

test("a program that is not installed has a message that says what to do", async () => {
  const what = program({ command: ["no-such-program"], import: [] }, "lsp");
  await assert.rejects(run(what, folder), (problem) => /not installed.*mergecli\.command/.test(reason(what, problem)));
});

test("a server that does not start has a message that says why", async () => {
  const missing = await problemOf(program({ command: ["no-such-program"], import: [] }, "lsp"), folder);
  assert.match(missing ?? "", /not installed.*mergecli\.command/);
  const script = 'console.error("Traceback"); console.error("needs pygls"); process.exit(4)';
  assert.equal(await problemOf({ command: process.execPath, args: ["-e", script] }, folder), "needs pygls");
  const silent = { command: process.execPath, args: ["-e", "process.exit(4)"] };
  assert.match((await problemOf(silent, folder)) ?? "", /ended with exit code 4/);
  assert.equal(await problemOf(program(settings, "lsp"), folder), undefined);
});

test("what a program prints is read as it is written", async () => {
  const spec = join(folder, "größe_層.yaml");
  writeFileSync(spec, "input: [8]\nlayers: [Dnse]\n");
  process.env.PYTHONIOENCODING = "cp1252";
  const result = await run(program(settings, "validate", ["--no-color", spec]), folder);
  delete process.env.PYTHONIOENCODING;
  assert.match(result.stdout.toString("utf-8") + result.stderr, /größe_層\.yaml:2:10/);
});

test("an unsaved text is drawn, with the files that it names", async () => {
  writeFileSync(join(folder, "part.yaml"), "input: [8]\nlayers: [{Dense: {units: 4, name: part_dense}}]\n");
  const text = "branches:\n  a: {spec: part.yaml}\n  b: {input: [8]}\nmerge: Concatenate\n";
  const drawn = await picture(settings, join(folder, "spec.yaml"), folder, text, "dark");
  assert.ok("page" in drawn, JSON.stringify(drawn));
  assert.match(drawn.page, /<svg/);
  assert.match(drawn.page, /part_dense/);
});

test("a wrong text has its errors", async () => {
  const drawn = await picture(settings, join(folder, "spec.yaml"), folder, "input: [8]\nlayers: [Dnse]\n", "light");
  assert.ok("problem" in drawn);
  assert.match(drawn.problem, /spec\.yaml:2:10: error\[unknown-layer\]/);
});

test("a message is escaped", () => {
  assert.match(messagePage("a <b> & c"), /a &lt;b&gt; &amp; c/);
});
