import { Divider, Switch, Text } from "@mantine/core";
import { Form } from "@rjsf/mantine";
import type { ErrorSchema, RJSFSchema, TitleFieldProps, UiSchema, WidgetProps } from "@rjsf/utils";
import { useMemo, type ReactNode } from "react";
import { validator } from "./validator";

interface Props {
  schema: RJSFSchema;
  uiSchema?: UiSchema;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  onSubmit: () => void;
  disabled?: boolean;
  /** What was said of fields after they were sent, by their names. */
  said?: Record<string, string>;
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

/** A yes-or-no setting with its explanation beneath. */
function SwitchWidget({ id, value, label, schema, disabled, onChange }: WidgetProps) {
  return (
    <Switch
      id={id}
      label={label}
      description={schema.description}
      checked={Boolean(value)}
      disabled={disabled}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

const widgets = { CheckboxWidget: SwitchWidget };
/** Wrong fields are marked where they stand. */
const noSummary = () => {};

/** A form made from a JSON Schema. */
export function SchemaForm({ schema, uiSchema, value, onChange, onSubmit, disabled, said, children }: Props) {
  const extraErrors = useMemo(() => said && (Object.fromEntries(Object.entries(said).map(([name, words]) => [name, { __errors: [words] }])) as ErrorSchema), [said]);
  return (
    <Form
      schema={schema}
      uiSchema={uiSchema}
      validator={validator}
      templates={templates}
      widgets={widgets}
      onError={noSummary}
      focusOnFirstError
      formData={value}
      disabled={disabled}
      extraErrors={extraErrors}
      showErrorList={false}
      noHtml5Validate
      onChange={(event) => onChange(event.formData as Record<string, unknown>)}
      onSubmit={onSubmit}
    >
      {children}
    </Form>
  );
}
