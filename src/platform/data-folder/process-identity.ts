// Tells one process from another that was given the same pid later (after a reboot, in a container).
import fs from 'node:fs';

/** Whether a process with this pid runs now. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    // Expected: no such process. EPERM means that it runs as someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What is known of a process besides its pid: on Linux the boot and the tick it started at; elsewhere an empty text. */
export function birthOf(pid: number): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${statFields(pid)[19]}`;
  } catch {
    // Expected: no /proc, or the process has just ended.
    return '';
  }
}

function isZombie(pid: number): boolean {
  try {
    return statFields(pid)[0] === 'Z';
  } catch {
    // Expected: no /proc on this platform.
    return false;
  }
}

/** The fields of /proc/<pid>/stat after the name, which may hold spaces: 0 is the state, 19 the start time in ticks. */
function statFields(pid: number): string[] {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
