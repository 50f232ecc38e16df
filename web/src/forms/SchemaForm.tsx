import { Divider, Text } from "@mantine/core";
import { Form } from "@rjsf/mantine";
import type { RJSFSchema, TitleFieldProps, UiSchema } from "@rjsf/utils";
import type { ReactNode } from "react";
import { validator } from "./validator";

interface Props {
  schema: RJSFSchema;
  uiSchema?: UiSchema;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  onSubmit: () => void;
  disabled?: boolean;
  /** Buttons at the foot. */
  children: ReactNode;
}

const templates = {
  TitleFieldTemplate: ({ id, title }: TitleFieldProps) =>
    title ? (
      <Divider
        id={id}
        my="sm"
        labelPosition="left"
        label={
          <Text fw={600} size="sm" c="var(--mantine-color-text)">
            {title}
          </Text>
        }
      />
    ) : null,
};

/** A form made from a JSON Schema. */
export function SchemaForm({ schema, uiSchema, value, onChange, onSubmit, disabled, children }: Props) {
  return (
    <Form
      schema={schema}
      uiSchema={uiSchema}
      validator={validator}
      templates={templates}
      formData={value}
      disabled={disabled}
      showErrorList={false}
      noHtml5Validate
      onChange={(event) => onChange(event.formData as Record<string, unknown>)}
      onSubmit={onSubmit}
    >
      {children}
    </Form>
  );
}
