import { expect, test } from "vitest";
import type { LeadCard } from "../../api/leads";
import { isInn } from "./inn";
import { draftOf, lacks, NEW, NONE, OTHER, sumOf, wishOf } from "./wish";

const lead = (parts: Partial<LeadCard>) =>
  ({ client: null, contact: null, matches: [], remarks: [], company: "", person: "", email: "", phone: "", inn: "", orderId: null, ...parts }) as unknown as LeadCard;
const found = (kind: "client" | "contact", id: string, name: string) => ({ kind, id, name, signal: "email", value: "a@b.ru", text: name }) as const;

test("what is found is chosen, the lead's own before what merely matches", () => {
  const draft = draftOf(lead({ contact: { id: "1", name: "Анна" }, matches: [found("contact", "2", "Другая"), found("client", "5", "Ромашка")] }), "Баннер");
  expect([draft.contact, draft.client]).toEqual(["1", "5"]);
});

test("of a stranger a contact is made, and a client where a company is named", () => {
  expect(draftOf(lead({ person: "Пётр" }), "Баннер")).toMatchObject({ client: NONE, contact: NEW, contactName: "Пётр", dealTitle: "Баннер" });
  expect(draftOf(lead({ company: "Ромашка", inn: "7709745454" }), "Баннер")).toMatchObject({ client: NEW, clientName: "Ромашка", clientInn: "7709745454" });
});

test("a wish says what is to be made, and leaves out what is not wanted", () => {
  const of = lead({ person: "Пётр", company: "Ромашка" });
  const draft = { ...draftOf(of, "Баннер"), dealSum: "12 500,50" };
  expect(wishOf(draft, of)).toEqual({
    client: { name: "Ромашка", kind: "company", inn: null },
    contact: { name: "Пётр" },
    deal: { title: "Баннер", sum: "12500.50" },
    order: null,
  });
});

test("an order of the lead's own lines is not made a second time", () => {
  const of = lead({ orderId: "9", person: "Пётр" });
  expect(wishOf({ ...draftOf(of, "Баннер"), order: true }, of).order).toBeNull();
});

test("a draft says what it lacks", () => {
  const draft = { ...draftOf(lead({}), ""), client: NEW, clientInn: "123", dealSum: "много" };
  expect(lacks(draft, isInn)).toEqual({ clientName: "name", clientInn: "inn", contactName: "name", dealSum: "sum" });
  expect(lacks({ ...draft, client: NONE, contact: NONE, dealSum: "" }, isInn)).toEqual({ client: "client" });
});

test("a sum is read as people type it", () => {
  expect(["1 000", "12,5", "x", "1.234"].map(sumOf)).toEqual(["1000", "12.5", null, null]);
});

test("a client and a contact that nothing led to are searched for, and must be chosen", () => {
  const of = lead({ person: "Пётр" });
  const draft = { ...draftOf(of, "Баннер"), client: OTHER, contact: OTHER };
  expect(lacks(draft, isInn)).toEqual({ otherClient: "choice", otherContact: "choice" });
  const chosen = { ...draft, otherClient: { id: "5", name: "Ромашка" }, otherContact: { id: "7", name: "Анна" } };
  expect(lacks(chosen, isInn)).toEqual({});
  expect(wishOf(chosen, of)).toMatchObject({ client: { id: "5" }, contact: { id: "7" } });
});
