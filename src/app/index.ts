// The door of app: a whole Herald, for main.ts, tools and tests.
export { composeHerald, type Parts } from './compose';
export { openGround, type Ground } from './ground';
export { startHerald, type Herald } from './herald';
export { runProcess } from './process';
