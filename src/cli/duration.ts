const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SHAPE = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * A duration as people write it, in ms: `500ms`, `2s`, `1.5m`, `8h`, `7d`. `'off'` for `off`; `null` for
 * everything else, a number without a unit and anything below `leastMs` included.
 *
 * @param leastMs default 1; with 0, `0ms` is a duration too.
 */
export const parseDuration = (text: string, leastMs = 1): number | 'off' | null => {
  if (text === 'off') return 'off';
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const ms = Math.round(Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS]);
  return Number.isSafeInteger(ms) && ms >= leastMs ? ms : null;
};

/** The other way round, in the largest unit that gives a whole number: `90s`, `8h`. */
export const formatDuration = (ms: number | 'off'): string => {
  if (ms === 'off' || ms === Number.POSITIVE_INFINITY) return 'off';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms >= UNITS_MS[unit] && ms % UNITS_MS[unit] === 0) return `${ms / UNITS_MS[unit]}${unit}`;
  }
  return `${Math.round(ms)}ms`;
};
