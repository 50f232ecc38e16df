/** Orange text that reaches AA contrast in both schemes. */
export const WARNING = "light-dark(color-mix(in srgb, var(--mantine-color-orange-9) 72%, black), var(--mantine-color-orange-4))";
