// What a run means: each scenario against what was expected of it, both ways.

const notRun = (message) => [{ check: null, status: 'NOT RUN', message }];

/** What was asked, and how much of it succeeded; informational lines ask nothing. */
function rowOf({ scenario, version }, result) {
  const asked = (result?.checks ?? []).filter(({ status }) => status !== 'INFO');
  const bad = asked
    .filter(({ status }) => status !== 'SUCCESS')
    .map(({ id, status, errorMessage }) => ({ check: id, status, message: errorMessage ?? '' }));
  const row = { scenario, version, passed: asked.length - bad.length, of: asked.length };
  if (result === undefined) return { ...row, notPassed: notRun('the suite says nothing of it') };
  if (asked.length === 0) return { ...row, notPassed: notRun('nothing was checked') };
  return { ...row, notPassed: bad };
}

/** `[{ reason, notPassed: ['scenario@version:check'] }]`, an entry for each name. */
function entriesIn(expected) {
  return expected.flatMap(({ reason, notPassed }) =>
    notPassed.map((name) => {
      const [, scenario, version, check] = /^([^@]+)@([^:]+):(.+)$/.exec(name) ?? [];
      if (check === undefined)
        throw new Error(`expected.json: ${name} is no scenario@version:check`);
      if (!reason) throw new Error(`expected.json: ${name} has no reason`);
      return { name, reason, scenario, version, check };
    }),
  );
}

function verdictOf(row, entries) {
  const entryOf = ({ check }) => entries.find((entry) => entry.check === check);
  const unexpected = row.notPassed.filter((note) => entryOf(note) === undefined);
  if (unexpected.length > 0) return { ...row, verdict: 'FAILED', unexpected };
  if (row.notPassed.length === 0) return { ...row, verdict: 'passed' };
  const reasons = new Set(row.notPassed.map((note) => entryOf(note).reason));
  return { ...row, verdict: 'expected', reason: [...reasons].join(' ') };
}

/**
 * Holds results against what is expected. `due` is what should have run: `[{ scenario, version }]`; `whole`: that is
 * all there is. Each row gets a verdict: `passed`; `expected`, with the reason; or `FAILED`, with what nobody expected
 * in `unexpected`. `stale` is what is listed as not passed, and passed, or was not asked any more.
 */
export function verdictsOf(due, results, expected, whole) {
  const same = (one) => (other) => other.scenario === one.scenario && other.version === one.version;
  const entries = entriesIn(expected);
  const rows = due.map((one) =>
    verdictOf(rowOf(one, results.find(same(one))), entries.filter(same(one))),
  );
  const isStale = (entry) => {
    const row = rows.find(same(entry));
    if (row === undefined) return whole;
    return row.notPassed.every(({ check }) => check !== entry.check);
  };
  return { rows, stale: entries.filter(isStale).map(({ name }) => name) };
}
