/** Joins one language's files into one tree: the texts of `campaigns.json` stand under `campaigns.`. */
export function collect(files: Record<string, object>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(files).map(([path, texts]) => [path.replace(/^.*\/(.+)\.json$/, "$1"), texts]),
  );
}
