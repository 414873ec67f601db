// The commands of the extension that run mergecli on a file.
import * as path from "node:path";
import * as vscode from "vscode";
import { program, reason, run } from "./program";
import { folderOf, settings } from "./settings";

/** What comparisons have found: texts to read, which ask for no place to be saved when they are closed. */
class Changes implements vscode.TextDocumentContentProvider {
  static readonly scheme = "mergecli-changes";
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  put(place: vscode.Uri, text: string): void {
    this.texts.set(place.toString(), text);
    this.changed.fire(place);
  }

  provideTextDocumentContent(place: vscode.Uri): string {
    return this.texts.get(place.toString()) ?? "";
  }
}

const changes = new Changes();

/** Let the editor ask for what comparisons have found. */
export function provideChanges(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(Changes.scheme, changes);
}

/** Build the spec with Keras, in a terminal. */
export async function build(document: vscode.TextDocument): Promise<void> {
  if (!(await saved(document))) {
    return;
  }
  const what = program(settings(document.uri), "build", [document.fileName]);
  const execution = new vscode.ProcessExecution(what.command, what.args, { cwd: folderOf(document) });
  const scope = vscode.workspace.getWorkspaceFolder(document.uri) ?? vscode.TaskScope.Workspace;
  const name = `build ${path.basename(document.fileName)}`;
  await vscode.tasks.executeTask(new vscode.Task({ type: "mergecli" }, scope, name, "mergecli", execution));
}

/** Draw the spec into a file that the user chooses. */
export async function plot(document: vscode.TextDocument): Promise<void> {
  const start = document.fileName.replace(/\.ya?ml$/, "") + ".svg";
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(start),
    filters: { SVG: ["svg"], PNG: ["png"], PDF: ["pdf"], TikZ: ["tex"], "Web page": ["html"], DOT: ["dot"], Mermaid: ["mmd"] },
  });
  if (!target) {
    return;
  }
  const shown = await output(document, "plot", ["-o", target.fsPath, "--stdin-filename", document.fileName, "-"], [0]);
  if (shown !== undefined) {
    const answer = await vscode.window.showInformationMessage(`Saved ${path.basename(target.fsPath)}`, "Open");
    if (answer) {
      await vscode.env.openExternal(target);
    }
  }
}

/** Show what changed since the last commit, or against another file. */
export async function diff(document: vscode.TextDocument): Promise<void> {
  const commit = "The last commit (HEAD)";
  const file = "Another file…";
  const choice = await vscode.window.showQuickPick([commit, file], { placeHolder: "Compare with" });
  let old: string | undefined;
  if (choice === commit) {
    old = `HEAD:./${path.basename(document.fileName)}`;
  } else if (choice === file) {
    const filters = { "Specs and models": ["yaml", "yml", "keras", "h5", "json"] };
    old = (await vscode.window.showOpenDialog({ filters }))?.[0]?.fsPath;
  }
  if (old === undefined) {
    return;
  }
  if (!(await saved(document))) {
    return;
  }
  const args = ["--format", "markdown", old, document.fileName];
  // Exit code 1 says that the models differ.
  const text = await output(document, "diff", args, [0, 1], path.dirname(document.fileName));
  if (text !== undefined) {
    const name = path.basename(document.fileName).replace(/\.ya?ml$/, "");
    const place = vscode.Uri.from({ scheme: Changes.scheme, path: `/${name} (changes).md`, query: document.fileName });
    changes.put(place, text);
    await vscode.commands.executeCommand("markdown.showPreviewToSide", place);
  }
}

/** Save a document and return whether its file now has its text; one without a file is a new document once it is saved. */
async function saved(document: vscode.TextDocument): Promise<boolean> {
  if (document.isUntitled) {
    void vscode.window.showInformationMessage("mergecli: save this spec first");
    return false;
  }
  return document.save();
}

/** Return what a command prints for the text of a document; report its failure and return nothing. */
async function output(
  document: vscode.TextDocument,
  command: string,
  args: string[],
  codes: number[],
  folder = folderOf(document),
): Promise<string | undefined> {
  const what = program(settings(document.uri), command, ["--no-color", ...args]);
  let problem: string;
  try {
    const result = await run(what, folder, document.getText());
    if (result.code !== null && codes.includes(result.code)) {
      return result.stdout.toString("utf-8");
    }
    problem = result.stderr.trim().split("\n")[0] || `mergecli ended with exit code ${result.code}`;
  } catch (failure) {
    problem = reason(what, failure);
  }
  void vscode.window.showErrorMessage(problem);
  return undefined;
}
