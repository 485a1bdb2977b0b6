// The files one deploys with, read but not run: there is no container engine where these tests run. Every variable must be a setting, every probe an
// address that exists, every metric one that Herald has.
import { load, loadAll } from 'js-yaml';
import { loadConfig, type HeraldConfig } from '../../src/platform';
import { exists, filesBelow, readProjectFile } from './project-files';

const ALL_ROLES = ['api', 'relay', 'matcher', 'deliverer'];
const drainSeconds = (config: HeraldConfig): number => config.deliveries.deadlineMs / 1000 + 5;
const given: Record<string, string> = {
  POSTGRES_PASSWORD: 'secret',
  HERALD_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
};

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}` as compose reads them. */
function filled(text: unknown): string {
  return String(text).replace(/\$\{(\w+)(?::(-|\?)([^}]*))?\}/g, (_all, name: string, kind?: string, rest?: string) => {
    const value = given[name] ?? (kind === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`compose would refuse to start: ${name} ${rest}`);
    return value;
  });
}

describe('Dockerfile', () => {
  const text = readProjectFile('Dockerfile').replace(/\\\n\s*/g, ' ');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it('copies what is there, and nothing that .dockerignore keeps away', () => {
    const ignored = readProjectFile('.dockerignore').split('\n');
    const sources = of('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(sources).toContain('migrations');
    for (const source of sources) {
      expect([source, exists(source)]).toEqual([source, true]);
      expect(ignored).toContain(`!${source}`);
    }
  });

  it('runs the program as a user without rights, in a stage of its own', () => {
    expect(of('FROM')).toHaveLength(2);
    const last = text.slice(text.lastIndexOf('FROM '));
    expect(/^USER (\d+):\d+$/m.exec(last)?.[1]).toBe('10001');
    expect(last).toContain('CMD ["node", "--enable-source-maps", "dist/main.js"]');
    expect(last).not.toMatch(/npm|COPY src/);
  });

  it('sets only what is a setting', () => {
    const env = Object.fromEntries(
      of('ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('=') as [string, string])),
    );
    expect(loadConfig({ ...env, HERALD_ALLOW_UNAUTHENTICATED: 'true' })).toMatchObject({ host: '0.0.0.0', port: 8080 });
    expect(
      Object.keys(env).filter(
        (name) => name !== 'NODE_ENV' && !readProjectFile('docs/how-to/configuration.md').includes(`\`${name}\``),
      ),
    ).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  interface Service {
    build?: string;
    environment?: Record<string, unknown>;
    ports?: string[];
    volumes?: string[];
    healthcheck?: object;
    read_only?: boolean;
    stop_grace_period?: string;
    depends_on?: Record<string, { condition: string }>;
  }
  const compose = load(readProjectFile('docker-compose.yml')) as { services: Record<string, Service>; volumes: object };
  const services = Object.entries(compose.services);
  const heralds = services.filter(([, { build }]) => build !== undefined);
  const configOf = ({ environment = {} }: Service): HeraldConfig => {
    const env = Object.entries(environment).map(([name, value]) => [name, filled(value)] as const);
    return loadConfig({ HOST: '0.0.0.0', PORT: '8080', ...Object.fromEntries(env) });
  };

  it('has a service for every role, with settings that a start accepts', () => {
    expect(heralds.flatMap(([, service]) => [...configOf(service).roles])).toEqual(ALL_ROLES);
    for (const [, service] of heralds) {
      const config = configOf(service);
      expect(config).toMatchObject({
        profile: 'cluster',
        redis: { prefix: 'herald' },
        kafka: { brokers: ['kafka:9092'] },
      });
      expect(Number.parseInt(service.stop_grace_period!)).toBeGreaterThanOrEqual(drainSeconds(config));
    }
  });

  it('waits for servers that are well, keeps their data, and is reachable from this machine only', () => {
    for (const [, { depends_on: needs = {}, read_only: isReadOnly }] of heralds) {
      expect(isReadOnly).toBe(true);
      for (const [name, { condition }] of Object.entries(needs)) {
        expect(condition).toBe('service_healthy');
        expect(compose.services[name]?.healthcheck).toBeDefined();
      }
    }
    const kept = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]));
    expect(kept).toEqual(Object.keys(compose.volumes));
    expect(services.flatMap(([, { ports = [] }]) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual(
      [],
    );
  });

  it('needs the two secrets, and says how to make them', () => {
    const text = readProjectFile('docker-compose.yml');
    const needed = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map((match) => match[1]!));
    expect([...needed].sort()).toEqual(Object.keys(given).sort());
    for (const name of needed) expect(text).toContain(`echo "${name}=$(openssl rand`);
  });
});

describe('deploy/kubernetes', () => {
  const folder = 'deploy/kubernetes';
  const { resources } = load(readProjectFile(`${folder}/kustomization.yaml`)) as { resources: string[] };
  const documents = [...resources, 'secret.example.yaml'].flatMap(
    (file) => loadAll(readProjectFile(`${folder}/${file}`)) as any[],
  );
  const all = (kind: string): any[] => documents.filter((document) => document.kind === kind);
  const deployments = all('Deployment');
  const labelsOf = (name: string): object =>
    deployments.find(({ metadata }) => metadata.name === name)?.spec.template.metadata.labels;

  it('applies every file but the example', () => {
    const files = filesBelow(folder).map((file) => file.split('/').pop()!);
    expect(files.filter((file) => !['kustomization.yaml', 'secret.example.yaml'].includes(file)).sort()).toEqual(
      [...resources].sort(),
    );
  });

  it('has a Deployment for every role, with settings that a start accepts', () => {
    const maps = new Map<string, Record<string, string>>([
      ...all('ConfigMap').map(({ metadata, data }) => [`configMapRef ${metadata.name}`, data] as const),
      ...all('Secret').map(({ metadata, stringData }) => [`secretRef ${metadata.name}`, stringData] as const),
    ]);
    const roles = deployments.map(({ spec }) => {
      const [container] = spec.template.spec.containers;
      const from = container.envFrom.flatMap((each: Record<string, { name: string }>) =>
        Object.entries(each).map(([kind, { name }]) => maps.get(`${kind} ${name}`)!),
      );
      const own = container.env.map(({ name, value }: { name: string; value: string }) => [name, value]);
      const config = loadConfig({
        HOST: '0.0.0.0',
        PORT: '8080',
        ...Object.assign({}, ...from),
        ...Object.fromEntries(own),
      });
      expect(config).toMatchObject({ profile: 'cluster', port: container.ports[0].containerPort });
      expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds(config));
      return [...config.roles].join();
    });
    expect(roles).toEqual(ALL_ROLES);
  });

  it('probes addresses that are open without a token, runs without rights, on a read-only file system', () => {
    for (const { spec } of deployments) {
      const pod = spec.template.spec;
      const [container] = pod.containers;
      const paths = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => container[probe].httpGet.path);
      expect(paths).toEqual(['/health/live', '/health/live', '/health/ready']);
      expect(pod).toMatchObject({
        securityContext: { runAsNonRoot: true },
        automountServiceAccountToken: false,
        enableServiceLinks: false,
      });
      expect(container.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
    }
    const [guard, health] = ['src/rest/auth.guard.ts', 'src/admin/health.controller.ts'].map(readProjectFile);
    expect(guard).toMatch(/openPaths.*'\/health\/live', '\/health\/ready'/);
    expect(health).toContain("@Controller('health')");
  });

  it('has a budget of disruption for every Deployment, and scales by metrics that exist', () => {
    const budgets = all('PodDisruptionBudget');
    expect(budgets.map(({ spec }) => spec.selector.matchLabels)).toEqual(
      deployments.map(({ metadata }) => labelsOf(metadata.name)),
    );
    const metrics = filesBelow('src')
      .filter((file) => file.endsWith('.ts'))
      .map(readProjectFile)
      .join('\n');
    for (const { spec } of all('HorizontalPodAutoscaler')) {
      expect(labelsOf(spec.scaleTargetRef.name)).toBeDefined();
      for (const { type, external } of spec.metrics)
        if (type === 'External') expect(metrics).toContain(`'${external.metric.name}'`);
    }
    expect(all('Service').map(({ spec }) => spec.selector)).toEqual([labelsOf('herald-api')]);
  });
});
