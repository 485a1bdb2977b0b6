// Process entry: `npm start`, or node dist/main.js. Everything else is in app.
import { runProcess } from './app';

void runProcess();
