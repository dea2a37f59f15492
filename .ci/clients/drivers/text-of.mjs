// What a tool said, of a result that any client hands over.
export const textOf = (result) => {
  const text = (result.content ?? []).map((part) => part.text ?? `(${part.type})`).join('\n');
  if (result.isError) throw new Error(`the tool: ${text}`);
  return text;
};
