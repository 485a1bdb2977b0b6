// A part of a benchmark in a process of its own, called by messages: the load generator and the receiver must not share the
// server's event loop, nor each other's.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Parent side: starts the file and answers an object whose `call(name, ...args)` runs a function over there. */
export function startPart(file, env = {}, nodeOptions = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { ...process.env, ...env },
    execArgv: [...process.execArgv, ...nodeOptions],
    serialization: 'advanced',
  });
  const waiting = new Map();
  let last = 0;
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(value);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code}`));
  });
  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        const id = (last += 1);
        waiting.set(id, { resolve, reject });
        child.send({ id, name, args });
      }),
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', resolve);
        child.kill('SIGKILL');
      }),
  };
}

/** Child side: offers functions to the parent; ends when the parent does. */
export function serve(functions) {
  process.on('message', async ({ id, name, args }) => {
    try {
      process.send({ id, value: await functions[name](...args) });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
}
