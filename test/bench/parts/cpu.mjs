// CPU time of processes, from /proc: what a figure costs whatever else the machine does.
import fs from 'node:fs';

/** Linux counts in hundredths of a second, on every architecture Node runs on. */
const ticksPerSecond = 100;

/** Fields after the name, which may hold spaces: utime, stime, cutime, cstime are numbers 11 to 14 from there. */
function fieldsOf(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Seconds of CPU that the process has used, with all that it started: those that run, and those that ended. */
export function cpuSeconds(pid) {
  const ticks = fieldsOf(pid).slice(11, 15).map(Number);
  const own = ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + whileItLives(child), own);
}

function whileItLives(pid) {
  try {
    return cpuSeconds(pid);
  } catch {
    // Expected: it ended since we read its number; its parent's next figure has it.
    return 0;
  }
}

/** In: pids by role. Out: seconds by role. */
export function cpuByRole(pidsByRole) {
  return Object.fromEntries(
    Object.entries(pidsByRole).map(([role, pids]) => [role, pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)]),
  );
}

/** What was used between two answers of `cpuByRole`. */
export function cpuBetween(before, after) {
  return Object.fromEntries(Object.entries(after).map(([role, seconds]) => [role, seconds - (before[role] ?? 0)]));
}
