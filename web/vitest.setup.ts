import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, beforeAll } from "vitest";
import { startI18n } from "./src/i18n";

// What Mantine asks of a browser and happy-dom lacks.
class NoResizes {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.ResizeObserver ??= NoResizes as typeof ResizeObserver;

beforeAll(async () => {
  await startI18n("en");
});
afterEach(cleanup);
