// What tests see of the installer.
export const KAFKA_VERSION_DEFAULT: string;
export class KafkaUnavailableError extends Error {}
export function whyNoKafka(version?: string): string | undefined;
export function installKafka(version?: string): Promise<string>;
