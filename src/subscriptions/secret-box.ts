// Header values at rest: AES-256-GCM under a key of their own per incarnation, bound to incarnation and name, so that a row copied
// elsewhere does not open. The master key comes from configuration and never enters the database.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const FORMAT = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MASTER_CHARS_MIN = 32;

/** A stored secret does not open: it was written under another key, or was changed. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** Seals and opens the header values of Subscriptions. Layout: format, key id, nonce, tag, text. */
export class SecretBox {
  private readonly master: Buffer;
  private readonly keyId: Buffer;

  /** `secretKey` is the configured text, at least 32 characters of randomness (64 hex digits are best). Throws when it is shorter. */
  constructor(secretKey: string) {
    if (secretKey.length < MASTER_CHARS_MIN) {
      throw new Error(`The key for stored secrets needs at least ${MASTER_CHARS_MIN} characters`);
    }
    this.master = Buffer.from(secretKey, 'utf8');
    this.keyId = this.derive('key-id', KEY_ID_BYTES);
  }

  /** Encrypts one value of one incarnation. */
  seal(subscriptionKey: number, name: string, value: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.derive(`subscription/${subscriptionKey}`, 32), nonce);
    cipher.setAAD(boundTo(subscriptionKey, name));
    const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([FORMAT]), this.keyId, nonce, cipher.getAuthTag(), text]);
  }

  /** Decrypts it again. Throws SecretError when it was sealed under another key or for another place. */
  open(subscriptionKey: number, name: string, sealed: Buffer): string {
    const keyId = sealed.subarray(1, 1 + KEY_ID_BYTES);
    if (sealed[0] !== FORMAT) throw new SecretError(`A stored header value has an unknown format (${sealed[0]})`);
    if (!keyId.equals(this.keyId)) {
      throw new SecretError(
        'Stored header values were encrypted under another key: start with the key they were written with',
      );
    }
    const nonceEnd = 1 + KEY_ID_BYTES + NONCE_BYTES;
    const nonce = sealed.subarray(1 + KEY_ID_BYTES, nonceEnd);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.derive(`subscription/${subscriptionKey}`, 32), nonce);
      decipher.setAAD(boundTo(subscriptionKey, name));
      decipher.setAuthTag(sealed.subarray(nonceEnd, nonceEnd + TAG_BYTES));
      return decipher.update(sealed.subarray(nonceEnd + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      // Expected: a changed or misplaced row, which GCM detects. The reason is not told apart on purpose.
      throw new SecretError(`The stored value of header ${name} of subscription ${subscriptionKey} does not open`);
    }
  }

  private derive(purpose: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.master, 'herald', `header values/${purpose}`, bytes));
  }
}

function boundTo(subscriptionKey: number, name: string): Buffer {
  return Buffer.from(`${subscriptionKey}/${name.toLowerCase()}`, 'utf8');
}
