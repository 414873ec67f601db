// The entry of the extension: the language client and the commands.
import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";
import { build, diff, plot } from "./commands";
import { Preview } from "./preview";
import { program, reason } from "./program";
import { settings } from "./settings";

let client: LanguageClient | undefined;

/** Start the server and register the commands. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const commands: Record<string, (document: vscode.TextDocument) => unknown> = {
    "mergecli.preview": (document) => Preview.show(document),
    "mergecli.build": build,
    "mergecli.plot": plot,
    "mergecli.diff": diff,
  };
  for (const [name, command] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, () => onSpec(command)));
  }
  context.subscriptions.push(
    vscode.commands.registerCommand("mergecli.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("mergecli.command") || event.affectsConfiguration("mergecli.import")) {
        void restart();
      }
    }),
  );
  await start();
}

/** Stop the server. */
export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function start(): Promise<void> {
  const what = program(settings(), "lsp");
  client = new LanguageClient("mergecli", "mergecli", what, {
    documentSelector: [
      { scheme: "file", language: "yaml" },
      { scheme: "untitled", language: "yaml" },
    ],
  });
  try {
    await client.start();
  } catch (problem) {
    void vscode.window.showErrorMessage(`mergecli: ${reason(what, problem)}`);
  }
}

async function restart(): Promise<void> {
  try {
    await client?.stop();
  } catch {
    // A server that never started cannot be stopped.
  }
  await start();
}

function onSpec(command: (document: vscode.TextDocument) => unknown): unknown {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId === "yaml") {
    return command(document);
  }
  return vscode.window.showInformationMessage("mergecli: open a spec first");
}
