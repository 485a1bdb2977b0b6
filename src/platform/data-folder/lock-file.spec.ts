import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DataFolderInUseError, LockFile } from './lock-file';
import { birthOf, isAlive } from './process-identity';
import { keepSecretKey } from './secret-key';

describe('data folder', () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'data folder '))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const lock = (): string => path.join(folder, 'herald.lock');
  const deadPid = (): number => Number(spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).stdout);

  it('refuses a second process while the first lives, and names it', () => {
    const held = LockFile.take(folder);
    expect(() => LockFile.take(folder)).toThrow(DataFolderInUseError);
    expect(() => LockFile.take(folder)).toThrow(String(process.pid));
    held.release();
    LockFile.take(folder).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('takes over from a dead process', () => {
    fs.writeFileSync(lock(), JSON.stringify({ pid: deadPid(), birth: '' }));
    LockFile.take(folder).release();
  });

  it('takes over when the pid belongs to another process by now', () => {
    fs.writeFileSync(lock(), JSON.stringify({ pid: process.ppid, birth: 'an earlier boot/123' }));
    LockFile.take(folder).release();
  });

  it('takes over an empty file', () => {
    fs.writeFileSync(lock(), '');
    LockFile.take(folder).release();
  });

  it('knows who lives', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(deadPid())).toBe(false);
    expect(birthOf(process.pid)).toBe(birthOf(process.pid));
  });

  it('makes a key once, readable by its owner only', () => {
    const key = keepSecretKey(folder);
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(keepSecretKey(folder)).toBe(key);
    expect(fs.statSync(path.join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
    fs.writeFileSync(path.join(folder, 'secret.key'), '');
    expect(() => keepSecretKey(folder)).toThrow('backup');
  });
});
