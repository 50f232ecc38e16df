import {
  Autocomplete,
  Badge,
  Card,
  createTheme,
  defaultVariantColorsResolver,
  Menu,
  MultiSelect,
  Notification,
  Paper,
  Select,
  TagsInput,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from "@mantine/core";

const herald: MantineColorsTuple = [
  "#eef1fd", "#dce1f9", "#b7c1f2", "#94a2ec", "#6d7ee3", "#5769df", "#4a5edc", "#3b4dc4", "#3243b0", "#28399b",
];
const dark: MantineColorsTuple = [
  "#d9dde9", "#a9b0c6", "#8b93ab", "#646b82", "#41475b", "#323747", "#262a38", "#1c202b", "#14171f", "#0d0f15",
];

// The list of options itself scrolls, which assistive technology knows of a combobox; not a box inside of it.
const OPTIONS = { defaultProps: { withScrollArea: false }, styles: { options: { maxHeight: 280, overflowY: "auto" } } } as const;

export const theme = createTheme({
  primaryColor: "herald",
  primaryShade: { light: 7, dark: 6 },
  colors: { herald, dark },
  defaultRadius: "md",
  autoContrast: true,
  respectReducedMotion: true,
  fontFamily: "'Inter Variable', system-ui, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'JetBrains Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace",
  headings: { fontWeight: "650" },
  // The text of light badges, buttons and alerts, and of red buttons, reaches AA contrast in both schemes.
  variantColorResolver: (input) => {
    const colours = defaultVariantColorsResolver(input);
    if (input.variant === "filled" && input.color === "red") {
      return { ...colours, background: "var(--mantine-color-red-9)", hover: "color-mix(in srgb, var(--mantine-color-red-9) 88%, black)", color: "#fff" };
    }
    if (input.variant !== "light" || !input.color) return colours;
    const name = input.color.split(".")[0];
    const darker = `color-mix(in srgb, var(--mantine-color-${name}-9) 72%, black)`;
    return { ...colours, color: `light-dark(${darker}, var(--mantine-color-${name}-1))` };
  },
  components: {
    Autocomplete: Autocomplete.extend(OPTIONS),
    Badge: Badge.extend({
      defaultProps: { tt: "none", variant: "light", fw: 550 },
      styles: { root: { flexShrink: 0, maxWidth: "none" }, label: { overflow: "visible" } },
    }),
    // The placeholder that Mantine puts first is no item of a menu, which assistive technology objects to.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    MultiSelect: MultiSelect.extend(OPTIONS),
    Notification: Notification.extend({ styles: { description: { color: "var(--mantine-color-dimmed)" } } }),
    Paper: Paper.extend({ defaultProps: { withBorder: true } }),
    Card: Card.extend({ defaultProps: { withBorder: true } }),
    Select: Select.extend(OPTIONS),
    TagsInput: TagsInput.extend(OPTIONS),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 320 } }),
  },
});

export const cssVariables: CSSVariablesResolver = (current) => ({
  variables: { "--vestnik-code-size": "13px" },
  light: {
    "--mantine-color-body": "#fff",
    "--mantine-color-text": "#1b2033",
    "--mantine-color-dimmed": current.colors.gray[7],
    "--mantine-color-placeholder": "#697080",
    "--mantine-color-default-border": "#dfe3ec",
    "--mantine-color-error": current.colors.red[8],
    "--vestnik-canvas": "#f6f7fb",
  },
  dark: {
    "--mantine-color-body": current.colors.dark[7],
    "--mantine-color-dimmed": current.colors.dark[1],
    "--mantine-color-placeholder": current.colors.dark[2],
    "--mantine-color-default-border": "#323747",
    "--mantine-color-anchor": current.colors.herald?.[3] ?? "",
    "--mantine-color-gray-light": current.colors.dark[5],
    "--mantine-color-gray-light-hover": current.colors.dark[4],
    "--mantine-color-error": current.colors.red[4],
    "--vestnik-canvas": current.colors.dark[8],
  },
});
