/** What a module may be called: it is a part of its webhooks' addresses. */
export const MODULE_NAME = /^[a-z][a-z0-9_]{1,39}$/;

/** A name for a copy that still fits. */
export const copyName = (name: string) => `${name.slice(0, 35)}_copy`;
