import { TextInput, type TextInputProps } from "@mantine/core";

/** Where a code is entered; the phone's keyboard may offer it by itself. */
export function CodeField(input: TextInputProps) {
  return <TextInput required withAsterisk={false} autoComplete="one-time-code" autoCapitalize="off" spellCheck={false} maxLength={40} {...input} />;
}
