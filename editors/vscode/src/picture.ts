// The picture of a spec, as the page that `mergecli plot --format html` writes.
import { program, reason, run, Settings } from "./program";

/** The page of a spec, or why there is none. */
export type Picture = { page: string } | { problem: string };

/**
 * Draw the text of a spec.
 *
 * @param settings What chooses the program.
 * @param path The path of the spec, to which the files that it names are relative.
 * @param folder The working folder.
 * @param text The text, which need not be saved.
 * @param theme The colours: `auto`, `light` or `dark`.
 * @param signal Ends it early.
 */
export async function picture(
  settings: Settings,
  path: string,
  folder: string,
  text: string,
  theme: string,
  signal?: AbortSignal,
): Promise<Picture> {
  const options = ["--format", "html", "--theme", theme, "--no-color", "--stdin-filename", path, "-"];
  const what = program(settings, "plot", options);
  try {
    const result = await run(what, folder, text, signal);
    if (result.code === 0) {
      return { page: result.stdout.toString("utf-8") };
    }
    return { problem: result.stderr.trim() || `mergecli ended with exit code ${result.code}` };
  } catch (problem) {
    return { problem: reason(what, problem) };
  }
}

/** Return a page that shows a message, its characters escaped. */
export function messagePage(message: string): string {
  const escaped = message.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>mergecli</title><pre style="white-space: pre-wrap">${escaped}</pre></html>`;
}
