// What tests see of the installer.
export const KAFKA_VERSION_DEFAULT: string;
export const KAFKA_VERSIONS: readonly string[];
export class KafkaUnavailableError extends Error {}
export function whyNoKafka(version?: string): string | undefined;
export function installKafka(version?: string): Promise<string>;
