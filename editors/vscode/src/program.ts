// How mergecli is started. Nothing here needs VS Code, so that it can be tested without it.
import { spawn } from "node:child_process";

/** The settings that choose the program. */
export interface Settings {
  /** The program and its first arguments. */
  command: string[];
  /** Modules with the user's own layers. */
  import: string[];
}

/** A program with its arguments. */
export interface Program {
  command: string;
  args: string[];
}

/** What a program has printed, and its exit code; null if a signal ended it. */
export interface Result {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Return the program that runs a command of mergecli, such as `lsp`, with its arguments. */
export function program(settings: Settings, command: string, args: string[] = []): Program {
  const [first, ...rest] = settings.command.length > 0 ? settings.command : ["mergecli"];
  const modules = settings.import.flatMap((name) => ["--import", name]);
  return { command: first, args: [...rest, command, ...modules, ...args] };
}

/**
 * Run a program.
 *
 * @param what The program.
 * @param folder The working folder.
 * @param input What it reads from its standard input.
 * @param signal Ends it early.
 * @throws If it cannot be started.
 */
export function run(what: Program, folder: string, input = "", signal?: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    // What Python prints into a pipe is else in the code page of Windows.
    const env = { ...process.env, PYTHONIOENCODING: "utf-8" };
    const child = spawn(what.command, what.args, { cwd: folder, env, signal });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.on("data", (part: Buffer) => err.push(part));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString("utf-8") }),
    );
    // A program that ends before it has read everything is no error of ours.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/**
 * Return why the language server cannot be used; undefined if it can.
 *
 * The server ends at the end of its input, so that it is not waited for.
 */
export async function problemOf(what: Program, folder: string): Promise<string | undefined> {
  try {
    const { code, stderr } = await run(what, folder);
    return code === 0 ? undefined : lastLine(stderr) || `${what.command} ended with exit code ${code}`;
  } catch (problem) {
    return reason(what, problem);
  }
}

/** Return the line that says what is wrong: the last one, as before it may be a usage or a traceback. */
function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).pop() ?? "";
}

/** Return what to tell a user whose program cannot be started, or failed. */
export function reason(what: Program, problem: unknown): string {
  const code = (problem as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT") {
    return `\`${what.command}\` is not installed, or not on the PATH: install mergecli, or set "mergecli.command"`;
  }
  return problem instanceof Error ? problem.message : String(problem);
}
