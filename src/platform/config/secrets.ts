// Settings that are secrets: named bearer tokens, and the key that encrypts what Subscriptions entrust to us.
import { Wrong, type Kind } from './kinds';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
// The token68 form of RFC 6750: what fits into an Authorization header.
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const TOKEN_LENGTH_MIN = 16;
const KEY_BYTES = 32;

export interface NamedToken {
  readonly name: string;
  readonly token: string;
}

/** `name:token,name:token`. A complaint never repeats a token. */
export const namedTokens: Kind<readonly NamedToken[]> = {
  unit: 'name:token, separated by commas',
  read: (given) => {
    const tokens: NamedToken[] = [];
    for (const item of given.split(',').filter((part) => part.trim() !== '')) {
      const [name = '', ...rest] = item.trim().split(':');
      const token = rest.join(':');
      if (!NAME.test(name))
        return new Wrong('name:token pairs; a name is letters, digits, dots, hyphens and underscores');
      if (!TOKEN.test(token) || token.length < TOKEN_LENGTH_MIN) {
        return new Wrong(
          `name:token pairs; the token of ${name} needs at least ${TOKEN_LENGTH_MIN} letters, digits or - . _ ~ + /`,
        );
      }
      if (tokens.some((other) => other.name === name || other.token === token)) {
        return new Wrong(`name:token pairs, each name and each token once; ${name} repeats one`);
      }
      tokens.push({ name, token });
    }
    return tokens;
  },
};

/** 32 random bytes as base64 (44 characters) or hexadecimal (64). */
export const secretKey: Kind<string> = {
  unit: `base64 or hex of ${KEY_BYTES} bytes`,
  read: (given) => {
    if (/^[0-9a-fA-F]{64}$/.test(given)) return Buffer.from(given, 'hex').toString('base64');
    const isBase64 = /^[A-Za-z0-9+/_-]+=*$/.test(given) && Buffer.from(given, 'base64').length === KEY_BYTES;
    return isBase64
      ? given
      : new Wrong(`${KEY_BYTES} random bytes as base64 or hex; make one with: openssl rand -base64 ${KEY_BYTES}`);
  },
};
