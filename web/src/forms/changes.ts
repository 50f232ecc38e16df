/** What a person changed in a form: what others change meanwhile is not written over with what it was. */
export function changes<T extends object>(before: T, after: T): Partial<T> {
  const names = Object.keys(after) as (keyof T)[];
  return Object.fromEntries(
    names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map((name) => [name, after[name]]),
  ) as Partial<T>;
}
