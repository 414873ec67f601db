// The settings of the extension.
import * as vscode from "vscode";
import { Settings } from "./program";

/** Return the settings that choose the program, for a file or the whole window. */
export function settings(uri?: vscode.Uri): Settings {
  const known = vscode.workspace.getConfiguration("mergecli", uri);
  return { command: known.get("command", ["mergecli"]), import: known.get("import", []) };
}
