// Ids as the API shows them (TypeID 0.3), and the UUIDs that stand in the database.
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

export function idOf(prefix, uuid) {
  const bits = BigInt(`0x${uuid.replaceAll('-', '')}`);
  return `${prefix}_${Array.from({ length: 26 }, (_, place) => DIGITS[Number((bits >> BigInt(5 * (25 - place))) & 31n)]).join('')}`;
}

export function uuidOf(id) {
  const bits = [...id.split('_')[1]].reduce((sum, digit) => (sum << 5n) | BigInt(DIGITS.indexOf(digit)), 0n);
  return bits.toString(16).padStart(32, '0').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
