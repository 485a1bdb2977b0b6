// What tests see of the lists.
export const leftOut: readonly { readonly file: string; readonly test?: string; readonly why: string }[];
export function serverSpecs(folders: readonly string[]): string[];
export function gateServerSpecs(folders: readonly string[]): string[];
export function profileSpecs(): string[];
export function smokeSpecs(): string[];
