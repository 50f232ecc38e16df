import { queryOptions } from "@tanstack/react-query";
import { api, Problem } from "./client";
import { remember, type Session } from "./session";
import type { Shape } from "./shapes";

export type FactorState = Shape<"FactorCard">;

/** A secret for an app: as letters and as the rows of a QR code. */
export type Enrolment = Shape<"EnrolmentCard">;

type Codes = Shape<"RecoveryCodes">;

/** What follows the right password where it is not enough: a code, or setting up a second factor. */
export type Step = "code" | "enrolment";

const STEPS: Record<string, Step> = { second_factor_needed: "code", second_factor_missing: "enrolment" };

/** The step that a refused sign-in asks for. */
export const stepOf = (problem: unknown): Step | undefined => (problem instanceof Problem ? STEPS[problem.code] : undefined);

/** The second factor: on the way in, one's own, and of users. */
export const factor = {
  enter: async (code: string) => remember(await api.post<Session>("/session/code", { code })),
  /** Each time it is another secret: asked for once, and forgotten with the page. */
  enrolmentAtDoor: queryOptions({
    queryKey: ["enrolment"],
    queryFn: () => api.post<Enrolment>("/session/enrolment"),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  }),
  confirmAtDoor: (code: string) => api.post<Codes>("/session/enrolment/confirm", { code }),
  /** The session that began with it. */
  session: async () => remember(await api.get<Session>("/session")),
  own: queryOptions({ queryKey: ["factor", null], queryFn: () => api.get<FactorState>("/session/factor") }),
  enrol: (proof: Shape<"EnrolForm">) => api.post<Enrolment>("/session/factor", proof),
  confirm: (code: string) => api.post<Codes>("/session/factor/confirm", { code }),
  renewCodes: (proof: Shape<"ProofForm">) => api.post<Codes>("/session/factor/codes", proof),
  turnOff: (proof: Shape<"ProofForm">) => api.post("/session/factor/off", proof),
  of: (id: string) => queryOptions({ queryKey: ["factor", id], queryFn: () => api.get<FactorState>(`/users/${id}/factor`) }),
  takeOff: (id: string) => api.delete(`/users/${id}/factor`),
};
