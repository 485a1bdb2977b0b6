// How large a body may be, by its Subscription's own wish, and what is done with a larger one. Pure.

export interface BodyLimit {
  /** Of the body as it is sent, not packed. */
  readonly bytes: number;
  /** `park`: nothing is sent, the delivery is given up as too large. `by-reference`: a notice without the body, naming the version. */
  readonly beyond: 'park' | 'by-reference';
}

type Limited = { readonly bodyLimit?: BodyLimit };

/** Why this body is not to be sent at all, in words; undefined when it may be sent, as it is or by reference. */
export function parkingReason(body: Buffer | undefined, { bodyLimit }: Limited): string | undefined {
  if (bodyLimit?.beyond !== 'park' || !isBeyond(body, bodyLimit)) return undefined;
  return `not sent: the body has ${body.length} bytes, the Subscription's limit is ${bodyLimit.bytes}`;
}

/** True when the body stays here and only its reference is sent. */
export function isByReference(body: Buffer | undefined, { bodyLimit }: Limited): boolean {
  return bodyLimit?.beyond === 'by-reference' && isBeyond(body, bodyLimit);
}

function isBeyond(body: Buffer | undefined, limit: BodyLimit): body is Buffer {
  return body !== undefined && body.length > limit.bytes;
}
