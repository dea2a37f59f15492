// Runs one command to its end.
import { execFile } from 'node:child_process';

const COMMAND_MS = 30_000;

/** What it printed; throws what it complained of, where it says that it failed. */
export const command = (script, args) =>
  new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [script, ...args],
      { timeout: COMMAND_MS },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error((stderr || stdout || error.message).trim()));
      },
    );
  });
