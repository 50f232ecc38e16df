/** A test's name becomes the name of its file. */
export const TEST_NAME = /^[a-z0-9][a-z0-9_-]{0,79}$/;

/** `ImportTemplates` and the call's number as `import-templates-17`. */
export function proposedName(short: string, callId: string): string {
  const words = short.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([A-Z])([A-Z][a-z])/g, "$1-$2");
  return `${words.toLowerCase()}-${callId}`;
}
