import { Anchor, Text } from "@mantine/core";

const LINK = /^https?:\/\//i;

/** Layout files: those that are addresses of the web open in a new tab, the names of others are shown. */
export function Layouts({ of }: { of: string[] }) {
  return (
    <ul style={{ margin: 0, paddingInlineStart: 18 }}>
      {[...new Set(of)].map((file) => (
        <li key={file}>
          {LINK.test(file) ? (
            <Anchor href={file} target="_blank" rel="noopener noreferrer" size="sm" style={{ overflowWrap: "anywhere" }}>
              {file}
            </Anchor>
          ) : (
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              {file}
            </Text>
          )}
        </li>
      ))}
    </ul>
  );
}
