// The key that encrypts header values and credentials at rest. On the embedded profile it is made on the first start.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const NAME = 'secret.key';
const KEY_BYTES = 32;

/** Reads the key of the data folder, or makes it: 32 random bytes as base64 in a file only its owner reads (0600). */
export function keepSecretKey(dataDir: string): string {
  const file = path.join(dataDir, NAME);
  if (fs.existsSync(file)) {
    const key = fs.readFileSync(file, 'utf8').trim();
    if (key === '')
      throw new Error(
        `The key file ${file} is empty: put it back from your backup; stored header values cannot be read without it.`,
      );
    return key;
  }
  const key = randomBytes(KEY_BYTES).toString('base64');
  // Written aside, synced and renamed: a crash leaves either no key or the whole one, never data encrypted with a lost key.
  const unfinished = `${file}.${process.pid}`;
  const handle = fs.openSync(unfinished, 'w', 0o600);
  fs.writeSync(handle, `${key}\n`);
  fs.fsyncSync(handle);
  fs.closeSync(handle);
  fs.renameSync(unfinished, file);
  return key;
}
