// `npm run demo`: starts a Herald of its own and a receiver, tells the story, and judges it. Exit code 0 only if all arrived in order.
import { Client } from './client';
import { startOwnHerald } from './own-herald';
import { Receiver } from './receiver';
import { tellStory } from './story';
import { Telling } from './telling';

async function demo(): Promise<number> {
  const telling = new Telling();
  telling.chapter('0. A Herald of its own starts, with nothing but Node: its Postgres comes along');
  const herald = await startOwnHerald(process.env);
  const receiver = await Receiver.start((arrival) => telling.arrival(arrival));
  try {
    telling.say(`ready: ${herald.url}/fhir`);
    const wrong = await tellStory({ client: new Client(herald.url), receiver, telling });
    telling.chapter(wrong.length === 0 ? 'Every delivery arrived, in order, none missing.' : 'Something is wrong:');
    for (const complaint of wrong) telling.say(complaint);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await herald.stop();
    await receiver.stop();
  }
}

demo().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // The story could not be told to its end: say why, and fail.
    console.error(error);
    process.exitCode = 1;
  },
);
