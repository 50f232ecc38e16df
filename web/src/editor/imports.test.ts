import { expect, it } from "vitest";
import { importOf } from "./imports";

function added(text: string, name: string): string {
  const { change } = importOf(text, name);
  return change ? text.slice(0, change.from) + change.insert + text.slice(change.from) : text;
}

it.each([
  ["from vestnik_sdk import log\n", "from vestnik_sdk import log, fetch\n"],
  ["from vestnik_sdk import (\n    log,\n)\n", "from vestnik_sdk import (\n    log,\n    fetch,\n)\n"],
  ["from vestnik_sdk import (log, settings)\n", "from vestnik_sdk import (log, settings, fetch)\n"],
  ["from vestnik_sdk import (\n    fetch,  # to ask\n)\n", "from vestnik_sdk import (\n    fetch,  # to ask\n)\n"],
  ["from vestnik_sdk import *\n", "from vestnik_sdk import *\n"],
  ['"""Doc."""\n\nimport json\n\nx = 1\n', '"""Doc."""\n\nimport json\nfrom vestnik_sdk import fetch\n\nx = 1\n'],
  ["x = 1\n", "from vestnik_sdk import fetch\nx = 1\n"],
  ["", "from vestnik_sdk import fetch\n"],
])("%j with one name more is %j", (text, wanted) => {
  expect(added(text, "fetch")).toBe(wanted);
});
