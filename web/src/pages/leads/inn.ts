const FACTORS = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];

const digit = (digits: number[], factors: number[]) =>
  (factors.reduce((sum, factor, place) => sum + factor * (digits[place] ?? 0), 0) % 11) % 10;

/** Whether a text is an INN: 10 digits of a company or 12 of a person, and its check digits fit. */
export function isInn(text: string): boolean {
  if (!/^(\d{10}|\d{12})$/.test(text) || /^0+$/.test(text)) return false;
  const digits = [...text].map(Number);
  if (digits.length === 10) return digits[9] === digit(digits, FACTORS.slice(2));
  return digits[10] === digit(digits, FACTORS.slice(1)) && digits[11] === digit(digits, FACTORS);
}
