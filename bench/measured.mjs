// What the benches share: how a figure is made of its rounds, and how it is told.

export const sorted = (values) => values.toSorted((a, b) => a - b);
export const quantile = (values, q) => {
  const row = sorted(values);
  return row[Math.min(row.length - 1, Math.floor(q * row.length))];
};
export const median = (values) => quantile(values, 0.5);

/** Whether each figure is printed as one object a line. */
export const asJson = process.argv.includes('--json');

const rounded = (value) => (value === null ? null : Number(value.toPrecision(4)));
const shown = (value, unit) =>
  value === null ? '' : `${Number(value.toPrecision(3)).toLocaleString('en')} ${unit}`;

const figures = [];

/**
 * Notes one figure: `ours` are the rounds of what is promised, `theirs` those of what it is held against, in the same
 * order. `aim` is `{ least }` or `{ most }`: of the ratio where there is a peer and `of` does not say otherwise. Without an
 * aim it is only reported.
 */
export const figure = ({
  promise,
  door,
  ours,
  peer = null,
  theirs = null,
  aim = null,
  of = null,
  unit,
  take = median,
}) => {
  const ratio = theirs === null ? null : median(ours.map((value, round) => value / theirs[round]));
  const held = of ?? (ratio === null ? 'ours' : 'ratio');
  const value = held === 'ratio' ? ratio : take(ours);
  const holds =
    aim === null ? null : aim.least === undefined ? value <= aim.most : value >= aim.least;
  const aimed =
    aim === null
      ? null
      : `${held === 'ratio' ? 'ratio ' : ''}${aim.least === undefined ? `<= ${aim.most}` : `>= ${aim.least}`}`;
  const line = {
    promise,
    door,
    ours: rounded(take(ours)),
    peer,
    theirs: theirs === null ? null : rounded(median(theirs)),
    ratio: rounded(ratio),
    aim: aimed,
    holds,
    unit,
    rounds: ours.map(rounded),
  };
  figures.push(line);
  if (asJson) console.log(JSON.stringify(line));
};

/** Prints what was noted, and sets the exit code: 1 where an aim is not met. */
export const report = (title) => {
  if (!asJson) {
    console.log(`${title}, Node ${process.version}`);
    console.table(
      Object.fromEntries(
        figures.map(({ promise, door, ours, peer, theirs, ratio, aim, holds, unit, rounds }) => [
          `${promise} · ${door}`,
          {
            ours: shown(ours, unit),
            spread:
              rounds.length > 1
                ? `${shown(Math.min(...rounds), '')}to ${shown(Math.max(...rounds), '')}`
                : '',
            [`against`]: peer === null ? '' : `${peer}: ${shown(theirs, unit)}`,
            ratio: ratio === null ? '' : ratio.toFixed(2),
            aim: aim ?? '',
            holds: holds === null ? '' : holds ? 'yes' : 'NO',
          },
        ]),
      ),
    );
  }
  if (figures.some(({ holds }) => holds === false)) process.exitCode = 1;
};
