// The table of docs/clients.md: made, read, and put back.

/** What the steps are called there. */
const COLUMNS = {
  client: 'client',
  open: 'opens',
  call: 'calls',
  rest: 'is quiet',
  afterRest: 'calls',
  crash: 'its server is killed and replaced',
  afterCrash: 'lists its notes',
  close: 'closes',
  end: 'its session ends',
};

const BEGIN = '<!-- made by npm run clients -- --write -->';
const END = '<!-- end -->';

const lineOf = (cells) => `| ${cells.join(' | ')} |`;

/** A row, as text: `about` a client, and what it `did`. */
export const rowOf = ({ name, package: from, version, speaks }, did) =>
  lineOf([
    `**${name}**: \`${from}\` ${version}, ${speaks}`,
    ...Object.keys(COLUMNS)
      .slice(1)
      .map((step) => did[step] ?? '–'),
  ]);

export const HEAD = [lineOf(Object.values(COLUMNS)), lineOf(Object.keys(COLUMNS).map(() => '---'))];

const parts = (page) => {
  const [before, rest] = page.split(BEGIN);
  const [inside, after] = (rest ?? '').split(END);
  if (after === undefined) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return { before, inside, after };
};

/** The rows of a page, by the client's name. */
export const rowsIn = (page) =>
  new Map(
    [...parts(page).inside.matchAll(/^\| \*\*([\w-]+)\*\*.*$/gm)].map(([row, name]) => [name, row]),
  );

/** The page with these rows. */
export const withRows = (page, rows) => {
  const { before, after } = parts(page);
  return [before + BEGIN, '', ...HEAD, ...rows, '', END + after].join('\n');
};
