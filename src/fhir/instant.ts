// The FHIR type instant: a moment, to the second at least, with its zone. http://hl7.org/fhir/R4/datatypes.html#instant

const INSTANT =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;

/** Undefined when it is no instant of the calendar. */
export function parseInstant(text: string): Date | undefined {
  if (!INSTANT.test(text)) return undefined;
  const [year, month, day] = text.split(/[-T]/).map(Number) as [number, number, number];
  const isDay = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  // FHIR allows second 60; JavaScript does not.
  const at = new Date(text.replace(/^(.{17})60/, '$159'));
  return isDay && !Number.isNaN(at.getTime()) ? at : undefined;
}
