// The settings of the extension, and the folder in which mergecli runs.
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { Settings } from "./program";

/** Return the settings that choose the program, for a file or the whole window. */
export function settings(uri?: vscode.Uri): Settings {
  const known = vscode.workspace.getConfiguration("mergecli", uri);
  return { command: known.get("command", ["mergecli"]), import: known.get("import", []) };
}

/**
 * Return the working folder for a document, or for the server: that of its workspace, or else its own.
 *
 * In a workspace that is not trusted it is the folder of the extension: Windows looks for programs in the
 * working folder first, and Python for modules.
 */
export function folderOf(document?: vscode.TextDocument): string {
  if (!vscode.workspace.isTrusted) {
    return __dirname;
  }
  const { workspaceFolders } = vscode.workspace;
  const home = document ? vscode.workspace.getWorkspaceFolder(document.uri) : workspaceFolders?.[0];
  if (home?.uri.scheme === "file") {
    return home.uri.fsPath;
  }
  return document && !document.isUntitled ? path.dirname(document.fileName) : os.homedir();
}
