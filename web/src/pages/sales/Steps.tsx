import { Button, Group, type MantineColor } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";

export interface Step {
  id: string;
  name: string;
  colour: MantineColor;
}

interface Props {
  label: string;
  steps: Step[];
  current: string;
  /** What is being saved. */
  pending: string | undefined;
  disabled: boolean;
  onStep: (id: string) => void;
}

/** Where a thing stands, and one click to where it goes. */
export function Steps({ label, steps, current, pending, disabled, onStep }: Props) {
  return (
    <Group gap="xs" role="group" aria-label={label}>
      {steps.map((step) => {
        const here = step.id === current;
        return (
          <Button
            key={step.id}
            size="xs"
            variant={here ? "light" : "default"}
            color={step.colour}
            aria-pressed={here}
            loading={pending === step.id}
            disabled={disabled && !here}
            leftSection={here && <IconCheck size={14} aria-hidden />}
            onClick={() => !here && !disabled && onStep(step.id)}
          >
            {step.name}
          </Button>
        );
      })}
    </Group>
  );
}
