import { MantineProvider } from "@mantine/core";
import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Rows } from "./Rows";

describe("rows", () => {
  it("are a named table whose cells carry their column's title for the phone's cards", () => {
    render(
      <MantineProvider env="test">
        <Rows
          label="Segments"
          rows={[{ id: "1", name: "VIP", count: 450 }]}
          columns={[
            { key: "name", title: "Name", render: (row) => row.name },
            { key: "count", title: "Contacts", align: "end", render: (row) => row.count },
          ]}
        />
      </MantineProvider>,
    );
    const table = screen.getByRole("table", { name: "Segments" });
    expect(within(table).getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Name", "Contacts"]);
    expect(within(table).getAllByRole("cell").map((cell) => [cell.dataset.label, cell.textContent])).toEqual([
      ["Name", "VIP"],
      ["Contacts", "450"],
    ]);
  });
});
