// The baselines P, L, A and U of the yardsticks (architecture.md section 9).
import { commits } from '../parts/baselines.mjs';

export async function measureBaselines({ postgres, load, receiverUrl, times }) {
  const { warmMs, measureMs } = times;
  const p = await commits(postgres.url, 16, warmMs, measureMs);
  const l = await commits(postgres.url, 1, warmMs, measureMs);
  const a = await load.call('axios', receiverUrl, 16, warmMs, measureMs);
  const u = await load.call('undici', receiverUrl, 16, warmMs, measureMs);
  return { P: p.rate, L: l.p50, LRate: l.rate, A: a, U: u };
}
