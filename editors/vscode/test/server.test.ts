// The language server, started as the extension starts it, without VS Code.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as protocol from "vscode-languageserver-protocol/node";
import { program, Settings } from "../src/program";

const settings: Settings = { command: JSON.parse(process.env.MERGECLI ?? '["mergecli"]'), import: [] };
const uri = "file:///tmp/mergecli-test/spec.yaml";

test("the server answers what the extension offers", async () => {
  const what = program(settings, "lsp");
  const child = spawn(what.command, what.args, { stdio: ["pipe", "pipe", "inherit"] });
  const connection = protocol.createProtocolConnection(child.stdout, child.stdin);
  connection.listen();
  const diagnostics = new Promise<protocol.PublishDiagnosticsParams>((resolve) => {
    connection.onNotification(protocol.PublishDiagnosticsNotification.type, resolve);
  });
  const answer = await connection.sendRequest(protocol.InitializeRequest.type, {
    processId: null,
    rootUri: null,
    capabilities: {},
  });
  const { capabilities } = answer;
  for (const name of ["hover", "definition", "references", "rename", "documentSymbol", "foldingRange"]) {
    assert.ok(capabilities[`${name}Provider` as keyof typeof capabilities], name);
  }
  await connection.sendNotification(protocol.InitializedNotification.type, {});
  const text = "input: [8]\nlayers:\n  - Dense: {units: 4, name: one}\n  - Dnse: 4\n    from: one\n";
  await connection.sendNotification(protocol.DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: "yaml", version: 1, text },
  });
  const found = (await diagnostics).diagnostics;
  assert.deepEqual(found.map((one) => [one.code, one.range.start.line]), [["unknown-layer", 3]]);
  const places = await connection.sendRequest(protocol.ReferencesRequest.type, {
    textDocument: { uri },
    position: { line: 2, character: text.split("\n")[2].indexOf("one") },
    context: { includeDeclaration: true },
  });
  assert.equal(places?.length, 2);
  await connection.sendRequest(protocol.ShutdownRequest.type);
  await connection.sendNotification(protocol.ExitNotification.type);
  const code = await new Promise((resolve) => child.on("exit", resolve));
  assert.equal(code, 0);
});

test("every command and setting of the manifest is in the code", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf-8"));
  const files = ["commands", "extension", "preview", "settings"];
  const code = files.map((name) => readFileSync(`src/${name}.ts`, "utf-8")).join("\n");
  for (const { command } of manifest.contributes.commands) {
    assert.ok(code.includes(`"${command}"`), command);
  }
  for (const name of Object.keys(manifest.contributes.configuration.properties)) {
    const short = name.replace("mergecli.", "");
    assert.ok(short === "trace.server" || code.includes(`"${short}"`), name);
  }
});
