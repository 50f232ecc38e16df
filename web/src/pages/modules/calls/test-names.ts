/** A test's name becomes the name of its file. */
export const TEST_NAME = /^[a-z0-9][a-z0-9_-]{0,79}$/;

const DIGITS = 4;

/** `ImportTemplates` and the end of the call's number as `import-templates-0417`. */
export function proposedName(short: string, callId: string): string {
  const words = short.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([A-Z])([A-Z][a-z])/g, "$1-$2");
  return `${words.toLowerCase()}-${callId.slice(-DIGITS)}`;
}
