import net from 'node:net';
import type { EgressOptions } from '../../../src/platform';
import { answered, client, closeAll, failed, get, listen, web } from './egress-servers';

describe('http egress: addresses', () => {
  afterEach(closeAll);

  const strict = (options: Partial<EgressOptions> = {}) => client({ allowPrivate: [], ...options });

  it('refuses private addresses without connecting, as literals and by name', async () => {
    let connections = 0;
    const server = net.createServer(() => (connections += 1));
    const port = await listen(server);
    for (const host of [
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f.1',
      '[::1]',
      '[::ffff:7f00:1]',
      '0.0.0.0',
      '[64:ff9b::7f00:1]',
      '127.1',
    ]) {
      expect(failed(await strict().request(get(`http://${host}:${port}/`))).phase).toBe('policy');
    }
    const byName = strict({ resolver: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) });
    expect(failed(await byName.request(get(`http://public.example:${port}/`)))).toMatchObject({
      phase: 'policy',
      beforeResponse: true,
    });
    expect(connections).toBe(0);
  });

  it('row 14: one private address among public ones refuses the name', async () => {
    const mixed = strict({
      resolver: (_host, done) =>
        done(null, [
          { address: '93.184.216.34', family: 4 },
          { address: '10.0.0.1', family: 4 },
        ]),
    });
    expect(failed(await mixed.request(get('http://mixed.example/'))).phase).toBe('policy');
  });

  it('row 9: metadata addresses are refused though private ones are allowed', async () => {
    const open = client({
      allowPrivate: ['0.0.0.0/0', '::/0', 'meta.example'],
      resolver: (_host, done) => done(null, [{ address: '169.254.169.254', family: 4 }]),
    });
    expect(failed(await open.request(get('http://meta.example/'))).phase).toBe('policy');
    expect(open.refuses('http://169.254.169.254/')).toContain('metadata');
  });

  it('row 15: a name that turns private between two connections is refused at the second', async () => {
    const url = await web((_request, response) => response.writeHead(200, { connection: 'close' }).end());
    const answers = ['127.0.0.1', '10.0.0.1'];
    const sender = client({ resolver: (_host, done) => done(null, [{ address: answers.shift()!, family: 4 }]) });
    const named = url.replace('127.0.0.1', 'rebinding.example');
    expect(answered(await sender.request(get(named))).status).toBe(200);
    expect(failed(await sender.request(get(named))).phase).toBe('policy');
  });

  it('refuses bad URLs and headers without connecting', async () => {
    expect(failed(await client().request(get('ftp://a.example/'))).phase).toBe('url');
    expect(failed(await client().request(get('https://a.example/', { headers: [['X', 'a\r\nb']] })))).toMatchObject({
      phase: 'policy',
    });
    expect(client({ ownOrigins: ['http://127.0.0.1:8080'] }).refuses('http://127.0.0.1:8080/fhir')).toContain('itself');
    expect(client().refuses('http://127.0.0.1:9999/')).toBeUndefined();
  });
});
