// The picture beside a spec, which follows what is typed.
import * as path from "node:path";
import * as vscode from "vscode";
import { messagePage, picture } from "./picture";
import { folderOf, settings } from "./settings";

/** Milliseconds after the last keystroke until the picture is drawn. */
const PAUSE = 300;

/** The picture of one spec; at most one panel per spec is open. */
export class Preview {
  private static readonly open = new Map<string, Preview>();
  private readonly panel: vscode.WebviewPanel;
  private readonly listeners: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private running: AbortController | undefined;
  private hasPicture = false;

  /** Show the picture of a document to its side. */
  static show(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const known = Preview.open.get(key);
    if (known) {
      known.panel.reveal(vscode.ViewColumn.Beside, true);
    } else {
      Preview.open.set(key, new Preview(document));
    }
  }

  private constructor(private document: vscode.TextDocument) {
    const title = `${path.basename(document.fileName)} (picture)`;
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.panel = vscode.window.createWebviewPanel("mergecli.preview", title, place, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: [],
    });
    this.panel.onDidDispose(() => this.close());
    this.listeners.push(
      vscode.workspace.onDidChangeTextDocument((event) => this.follow(event.document)),
      // A text that was closed is another object when it is opened again.
      vscode.workspace.onDidOpenTextDocument((opened) => this.follow(opened)),
      // A file that the spec includes may have changed.
      vscode.workspace.onDidSaveTextDocument(() => this.wait()),
      vscode.window.onDidChangeActiveColorTheme(() => this.wait()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("mergecli")) {
          this.wait();
        }
      }),
    );
    void this.draw();
  }

  private follow(document: vscode.TextDocument): void {
    if (document.uri.toString() === this.document.uri.toString()) {
      this.document = document;
      this.wait();
    }
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.draw(), PAUSE);
  }

  private async draw(): Promise<void> {
    this.running?.abort();
    const running = (this.running = new AbortController());
    const { document } = this;
    const theme = vscode.workspace.getConfiguration("mergecli", document.uri).get("preview.theme", "auto");
    const drawn = await picture(
      settings(document.uri),
      document.fileName,
      folderOf(document),
      document.getText(),
      theme === "auto" ? editorTheme() : theme,
      running.signal,
    );
    if (running.signal.aborted) {
      return;
    }
    if ("page" in drawn) {
      this.hasPicture = true;
      this.panel.webview.html = drawn.page;
    } else if (!this.hasPicture) {
      this.panel.webview.html = messagePage(drawn.problem);
    }
    // While a spec has errors, its last picture stays; the errors are in the editor.
  }

  private close(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    this.listeners.forEach((listener) => listener.dispose());
    Preview.open.delete(this.document.uri.toString());
  }
}

function editorTheme(): string {
  const { kind } = vscode.window.activeColorTheme;
  const isDark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
  return isDark ? "dark" : "light";
}
