import { openWakeUpQueue } from '../../src/deliveries';
import { Metrics, SystemClock } from '../../src/platform';
import { silentLog } from '../support/silent-log';
import { describeWakeUpQueue } from './wake-up-queue';

describeWakeUpQueue('embedded', (doorbell) =>
  openWakeUpQueue(undefined, {
    clock: new SystemClock(),
    log: silentLog,
    metrics: new Metrics(),
    doorbell,
    isListening: true,
  }),
);
