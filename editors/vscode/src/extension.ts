// The entry of the extension: the language client and the commands.
import * as vscode from "vscode";
import { CloseAction, ErrorHandler, LanguageClient } from "vscode-languageclient/node";
import { build, diff, plot, provideChanges } from "./commands";
import { Preview } from "./preview";
import { problemOf, program, reason } from "./program";
import { folderOf, settings } from "./settings";

/** A client that leaves it to `start` to say why the server does not start. */
class Client extends LanguageClient {
  isStarting = true;

  override error(message: string, data?: unknown, notify?: boolean | "force"): void {
    super.error(message, data, this.isStarting ? false : notify);
  }
}

let client: Client | undefined;
/** What the last change of the client waits for: two at once would leave a server behind. */
let changing: Promise<void> = Promise.resolve();

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
    provideChanges(),
    vscode.commands.registerCommand("mergecli.restart", restart),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("mergecli.command") || event.affectsConfiguration("mergecli.import")) {
        void restart();
      }
    }),
  );
  changing = start();
  await changing;
}

/** Stop the server. */
export async function deactivate(): Promise<void> {
  await changing;
  await stop();
}

async function stop(): Promise<void> {
  try {
    await client?.dispose();
  } catch {
    // A server that never started cannot be stopped.
  }
}

async function start(): Promise<void> {
  const what = program(settings(), "lsp");
  const folder = folderOf();
  let usual: ErrorHandler | undefined;
  const started: Client = new Client("mergecli", "mergecli", { ...what, options: { cwd: folder } }, {
    documentSelector: [
      { scheme: "file", language: "yaml" },
      { scheme: "untitled", language: "yaml" },
    ],
    initializationFailedHandler: () => false,
    errorHandler: {
      error: (...problem) => usual!.error(...problem),
      // A server that ends at its start would end again.
      closed: () => (started.isStarting ? { action: CloseAction.DoNotRestart, handled: true } : usual!.closed()),
    },
  });
  usual = started.createDefaultErrorHandler();
  client = started;
  try {
    await started.start();
    started.isStarting = false;
  } catch (problem) {
    const words = (await problemOf(what, folder)) ?? reason(what, problem);
    // Not waited for: the server can be started again meanwhile.
    void complain(`mergecli: ${words.replace(/^mergecli: /, "")}`);
  }
}

async function complain(words: string): Promise<void> {
  if (await vscode.window.showErrorMessage(words, "Open Settings")) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "mergecli.command");
  }
}

function restart(): Promise<void> {
  changing = changing.then(stop).then(start);
  return changing;
}

function onSpec(command: (document: vscode.TextDocument) => unknown): unknown {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId === "yaml") {
    return command(document);
  }
  return vscode.window.showInformationMessage("mergecli: open a spec first");
}
