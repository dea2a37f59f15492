import { LIMITS } from '../limits.ts';
import { bodyTooLarge, invalidRequest, notJson, notJsonContentType } from './sessions/answers.ts';

/** The parameters of a media type do not matter, and nothing that merely contains its name is it. */
const JSON_TYPE = /^\s*application\/json\s*(;|$)/i;

/** Whether arrays and objects are inside each other for more than `levels`. Stops there, so it is safe itself. */
export const nestsDeeper = (value: unknown, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (nestsDeeper(item, levels - 1)) return true;
    return false;
  }
  for (const item of Object.values(value)) if (nestsDeeper(item, levels - 1)) return true;
  return false;
};

/** The body as text; `null`: it is longer than that. What is left of it is not read. */
const textWithin = async (request: Request, mostBytes: number): Promise<string | null> => {
  const reader = request.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > mostBytes) {
      void reader.cancel().catch(() => undefined);
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
};

const parsed = (text: string): { readonly json: unknown } | Response => {
  try {
    const json: unknown = JSON.parse(text);
    return { json };
  } catch {
    return notJson();
  }
};

/**
 * The JSON body of a POST, or the refusal of it: 415, 413, 400 for what is no JSON or nests deeper than
 * `LIMITS.jsonLevels`. Rejects where the body breaks off.
 *
 * @param taken what a body parser made of it before; then the request is not read, and its length is the parser's concern.
 */
export const readJsonBody = async (
  request: Request,
  mostBytes: number,
  taken?: unknown,
): Promise<{ readonly json: unknown } | Response> => {
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) return notJsonContentType();
  let read: { readonly json: unknown } | Response;
  if (taken === undefined) {
    const text = await textWithin(request, mostBytes);
    if (text === null) return bodyTooLarge(mostBytes);
    read = parsed(text);
  } else {
    read = { json: taken };
  }
  if (read instanceof Response || !nestsDeeper(read.json, LIMITS.jsonLevels)) return read;
  return invalidRequest(`the body is nested deeper than ${LIMITS.jsonLevels} levels`);
};
