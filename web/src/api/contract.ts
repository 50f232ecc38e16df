import { queryOptions } from "@tanstack/react-query";
import type { Texts } from "../i18n";
import { api } from "./client";

export interface ContractFunction {
  name: string;
  title: Texts;
  description: Texts;
  required: boolean;
  limit: "parse" | "interactive" | "bulk";
  parameters: ContractParameter[];
}

export interface ContractParameter {
  name: string;
  description: Texts;
  schema: object;
  sample: unknown;
}

/** One key of an object of the contract; `type` as Python writes it. */
export interface ContractField {
  name: string;
  type: string;
  required: boolean;
  description: Texts;
}

export interface Contract {
  functions: ContractFunction[];
  types: { name: string; title: Texts; fields?: ContractField[] }[];
  operations: string[];
  constants: Record<string, string[]>;
  /** JSON Schemas by name, which the parameters refer to as `#/$defs/…`. */
  definitions: Record<string, object>;
}

export const contractQuery = queryOptions({
  queryKey: ["contract"],
  staleTime: Infinity,
  queryFn: () => api.get<Contract>("/contract"),
});
