// A log for tests. Silent; give HERALD_TEST_LOG=debug to see what happens.
import { createLog, type Log } from '../../src/platform';

export const silentLog: Log = createLog({ level: process.env['HERALD_TEST_LOG'] ?? 'silent' });
