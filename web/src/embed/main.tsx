import "@mantine/core/styles.css";
import "../fonts.css";
import "../app.css";
import { MantineProvider, type MantineColorScheme, type MantineColorSchemeManager } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "../api/queries";
import { sessionQuery } from "../api/session";
import { startI18n, type Language } from "../i18n";
import { cssVariables, theme } from "../theme";
import { NoPage, Page } from "./Page";
import { textsOf } from "./texts";
import { Visit } from "./visit";

const link = location.search;
const wanted = new URLSearchParams(link);
const root = createRoot(document.getElementById("root") as HTMLElement);

// Nobody is signed in here, whoever may be elsewhere in this browser: what asks for the session learns so at once.
queries.setQueryData(sessionQuery.queryKey, null);

/** Light or dark as the link says, else as the reader's system is; nothing is remembered. */
const asLinked: MantineColorSchemeManager = {
  get: () => schemeOf(wanted.get("theme")),
  set: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {},
};

function schemeOf(name: string | null): MantineColorScheme {
  return name === "light" || name === "dark" ? name : "auto";
}

function languageOf(name: string | null): Language {
  if (name === "ru" || name === "en") return name;
  return navigator.language.startsWith("ru") ? "ru" : "en";
}

function show(content: ReactNode): void {
  root.render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" colorSchemeManager={asLinked}>
        <QueryClientProvider client={queries}>{content}</QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

async function begin(): Promise<void> {
  try {
    const visit = await Visit.begin(link);
    show(<Page source={visit.source()} />);
  } catch (problem) {
    show(<NoPage problem={problem} retry={() => void begin()} />);
  }
}

const language = languageOf(wanted.get("language"));
await startI18n(language, textsOf(language));
await begin();
