import { Problem } from "../api/client";
import i18n from "../i18n";

/** The request's number, where the failure is ours: whoever runs Vestnik finds it in the log. */
export function traceIdOf(problem: unknown): string | undefined {
  if (!(problem instanceof Problem) || problem.status < 500) return undefined;
  return typeof problem.fields.traceId === "string" ? problem.fields.traceId : undefined;
}

/** Title and detail of any failure, in the reader's language. */
export function describeProblem(problem: unknown): { title: string; detail: string } {
  if (!(problem instanceof Problem)) return { title: i18n.t("common.problem"), detail: String(problem) };
  if (problem.code === "offline") return { title: i18n.t("common.offline"), detail: i18n.t("common.offlineHint") };
  return { title: problem.message, detail: problem.detail === problem.message ? "" : problem.detail };
}
