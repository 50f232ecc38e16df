import { Table, type TableTrProps } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Rows.module.css";

export interface Column<Row> {
  key: string;
  title: string;
  render: (row: Row) => ReactNode;
  align?: "end";
  width?: number | string;
  /** A column that a phone or a tablet has no room for. */
  hide?: "phone" | "tablet";
}

interface Props<Row> {
  label: string;
  rows: Row[];
  columns: Column<Row>[];
  rowKey?: (row: Row) => string;
  /** What a row has beside its cells. */
  rowProps?: (row: Row) => TableTrProps & Record<`data-${string}`, unknown>;
}

const HIDDEN = { phone: classes.notOnPhone, tablet: classes.notOnTablet };

/** A table that turns into cards on a phone: the first column is the card's title. */
export function Rows<Row extends object>({ label, rows, columns, rowKey, rowProps }: Props<Row>) {
  return (
    <div className={classes.frame}>
      <Table aria-label={label} highlightOnHover verticalSpacing="sm" horizontalSpacing="md" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.key} ta={column.align} w={column.width} className={column.hide && HIDDEN[column.hide]}>
                {column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey ? rowKey(row) : String((row as { id?: string }).id)} {...rowProps?.(row)}>
              {columns.map((column) => (
                <Table.Td
                  key={column.key}
                  ta={column.align}
                  data-label={column.title}
                  className={[column.hide && HIDDEN[column.hide], column.align && "numbers"].filter(Boolean).join(" ")}
                >
                  {column.render(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
