// docs/conformance.md: what a whole run came to, as a table.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXTENSION } from './suite.mjs';

const root = join(import.meta.dirname, '..', '..');
const page = join(root, 'docs', 'conformance.md');
const BEGIN =
  '<!-- The tables are written by `npm run conformance -- --docs`, and checked by each run. -->';
const END = '<!-- End of the tables. -->';

const line = (cells) => `| ${cells.join(' | ')} |`;
const tableOf = (head, rows) => [line(head), line(head.map(() => '---')), ...rows.map(line)];
const cell = (row) => (row === undefined ? '' : `${row.passed}/${row.of}`);

const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);

/** The tables of a run: scenarios of the specification, those of extensions, and what is not passed. */
function tables({ suite, rows }) {
  const dated = rows.filter(({ version }) => version !== EXTENSION);
  const versions = [...new Set(dated.map(({ version }) => version))].sort();
  const names = [...new Set(dated.map(({ scenario }) => scenario))];
  const at = (scenario, version) =>
    dated.find((row) => row.scenario === scenario && row.version === version);
  const extensions = rows.filter(({ version }) => version === EXTENSION);
  const total = `${sum(dated, 'passed')} of ${sum(dated, 'of')} checks succeed`;
  return [
    `Suite ${suite}: ${total}; of extensions, ${sum(extensions, 'passed')} of ${sum(extensions, 'of')}.`,
    '',
    ...tableOf(
      ['scenario', ...versions],
      names.map((name) => [`\`${name}\``, ...versions.map((version) => cell(at(name, version)))]),
    ),
    '',
    ...tableOf(
      ['scenario of an extension', 'checks', 'why not all'],
      extensions.map((row) => [`\`${row.scenario}\``, cell(row), row.reason ?? '']),
    ),
    ...notPassed(dated),
  ].join('\n');
}

const notPassed = (dated) => {
  const rows = dated.filter(({ verdict }) => verdict !== 'passed');
  if (rows.length === 0) return [];
  const cells = rows.map((row) => [`\`${row.scenario}\``, row.version, row.reason ?? '']);
  return ['', ...tableOf(['not passed', 'version', 'why'], cells)];
};

const parts = () => {
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${relative(root, page)} has no place for the tables`);
  return { before: text.slice(0, from + BEGIN.length), after: text.slice(to), now: text };
};

const withTables = (run) => {
  const { before, after } = parts();
  return `${before}\n\n${tables(run)}\n\n${after}`;
};

/** Whether the page says what a run came to: `{ suite, rows }`. */
export const pageAgrees = (run) => withTables(run) === parts().now;

/** Makes it say so. */
export const writePage = (run) => writeFileSync(page, withTables(run));
