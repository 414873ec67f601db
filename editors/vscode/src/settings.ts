// The settings of the extension, and the folder in which mergecli runs.
import * as path from "node:path";
import * as vscode from "vscode";
import { Settings } from "./program";

/** Return the settings that choose the program, for a file or the whole window. */
export function settings(uri?: vscode.Uri): Settings {
  const known = vscode.workspace.getConfiguration("mergecli", uri);
  return { command: known.get("command", ["mergecli"]), import: known.get("import", []) };
}

/** Return the working folder for a document: that of its workspace, or else its own. */
export function folderOf(document: vscode.TextDocument): string {
  return vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath ?? path.dirname(document.fileName);
}
