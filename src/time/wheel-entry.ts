/**
 * What the deadline wheel keeps on each of its entries: where it is filed. The wheel owns both fields; declare
 * them, initialise them with `wheelEntry`, and never touch them again. An entry belongs to one wheel at a time.
 */
export interface WheelEntry {
  /** The bucket that holds the entry, `null` while it is not filed. */
  bucket: WheelBucket | null;
  /** Its place in that bucket, -1 while it is not filed. */
  index: number;
}

/** The entries that are looked at together. Belongs to the wheel. */
export interface WheelBucket<E extends WheelEntry = WheelEntry> {
  /** The number of its tick, `null` once it stands in line to be looked at. */
  tick: number | null;
  /** The first entry not yet taken: those before it have been. */
  head: number;
  readonly entries: E[];
}

/** The wheel's two fields as they must be on a new entry: `{ ...wheelEntry(), mine }`. */
export const wheelEntry = (): WheelEntry => ({ bucket: null, index: -1 });

/** Puts an unfiled entry at the end of a bucket. */
export const putInto = <E extends WheelEntry>(bucket: WheelBucket<E>, entry: E): void => {
  entry.bucket = bucket;
  entry.index = bucket.entries.push(entry) - 1;
};

/** Takes an entry out of its bucket; the last one fills its place, so this costs the same at any size. */
export const takeOut = (bucket: WheelBucket, entry: WheelEntry): void => {
  const last = bucket.entries.pop();
  if (last !== undefined && last !== entry) {
    bucket.entries[entry.index] = last;
    last.index = entry.index;
  }
  entry.bucket = null;
  entry.index = -1;
};

/** Takes the first entry of a bucket that stands in line, in the order of filing. */
export const takeFirst = <E extends WheelEntry>(bucket: WheelBucket<E>): E | undefined => {
  const entry = bucket.entries[bucket.head];
  if (entry === undefined) return undefined;
  bucket.head += 1;
  entry.bucket = null;
  entry.index = -1;
  return entry;
};

/** Whether all entries of a bucket were taken out or taken. */
export const isEmpty = (bucket: WheelBucket): boolean => bucket.head >= bucket.entries.length;

/** The next bucket of a stack with entries left; the empty ones on top of it are dropped. */
export const frontOf = <E extends WheelEntry>(
  stack: WheelBucket<E>[],
): WheelBucket<E> | undefined => {
  let bucket = stack.at(-1);
  while (bucket !== undefined && isEmpty(bucket)) {
    stack.pop();
    bucket = stack.at(-1);
  }
  return bucket;
};
