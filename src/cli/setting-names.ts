/** `idleAfter` as flags are written: `idle-after`. */
export const kebab = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The flag of a setting: `--idle-after`. */
export const flagOf = (key: string): string => `--${kebab(key)}`;

/** The environment variable of a setting: `HOLDFAST_IDLE_AFTER`. */
export const variableOf = (key: string): string =>
  `HOLDFAST_${kebab(key).replaceAll('-', '_').toUpperCase()}`;

/** How many letters must be changed, added or left out to make one word of the other. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [to, theirs] of [...other].entries()) {
      const changed = (row[to] ?? 0) + (letter === theirs ? 0 : 1);
      next.push(Math.min(changed, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** The one of `names` that was most likely meant by `name`; the first of equals. */
export const nearest = (name: string, names: readonly string[]): string => {
  const [first, ...rest] = names.map((known) => ({ known, far: distance(name, known) }));
  return (
    rest.reduce((best, next) => (next.far < (best?.far ?? 0) ? next : best), first)?.known ?? ''
  );
};
