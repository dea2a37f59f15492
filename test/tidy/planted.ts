import { IMPORTS } from './planted-imports.ts';
import { SEAMS } from './planted-seams.ts';
import { SHAPE } from './planted-shape.ts';
import { TYPING } from './planted-typing.ts';
import type { Planted } from './sample.ts';

/** Every rule with its planted violations: the proof that the rules can fail. */
export const PLANTED: readonly Planted[] = [...SHAPE, ...SEAMS, ...IMPORTS, ...TYPING];
