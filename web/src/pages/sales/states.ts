import type { MantineColor } from "@mantine/core";
import type { WorkState } from "../../api/sales";

export const STATE_COLOURS: Record<WorkState, MantineColor> = { new: "blue", in_work: "herald", done: "teal", cancelled: "gray" };
