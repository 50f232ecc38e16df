import { useMemo } from "react";
import type { Contract, ContractFunction } from "../../../api/contract";
import { SchemaForm } from "../../../forms/SchemaForm";
import { currentLanguage } from "../../../i18n";
import { argumentsSchema } from "./arguments-schema";

interface Props {
  contract: Contract;
  described: ContractFunction;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  onSubmit: () => void;
}

/** The arguments of a function as a form made from the contract's JSON Schema. */
export default function ArgumentsForm({ contract, described, value, onChange, onSubmit }: Props) {
  const language = currentLanguage();
  const schema = useMemo(() => argumentsSchema(contract, described.parameters, language), [contract, described, language]);
  return (
    <SchemaForm key={described.name} schema={schema} value={value} onChange={onChange} onSubmit={onSubmit}>
      {/* The panel's own button runs the function; Enter in a field does the same. */}
      <button type="submit" hidden aria-hidden tabIndex={-1}>
        {described.name}
      </button>
    </SchemaForm>
  );
}
