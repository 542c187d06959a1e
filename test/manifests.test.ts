import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { knownNames } from '../src/config/unknown-names.ts';
import { parseConfig } from '../src/config/config.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

type Compose = {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
type Service = {
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
};

/** After DRAIN_S what is being told has 5 s, and closing a little more. */
const graceSeconds = parseConfig({}).drainMs / 1000 + 5 + 5;

/** A secret stands under its own name only where it is named as a file. */
const secretNames = /TOKEN|PASSWORD|API_KEYS?(?!_ID)|SECRET|DATABASE_URL/;

test('compose.yaml starts the bot alone, and with its profile three that share everything', () => {
  const { services, secrets } = parse(read('compose.yaml')) as Compose;
  const inProfile = (profile: string | undefined) =>
    Object.keys(services).filter((name) => services[name]?.profiles?.[0] === profile);
  expect(inProfile(undefined)).toEqual(['darkroom']);
  expect(inProfile('several')).toEqual(['bots', 'database', 'storage']);
  expect(services['bots']).toMatchObject({ deploy: { replicas: 3 } });
  for (const { environment = {}, secrets: mounted = [], depends_on: needed = {}, ...service } of Object.values(
    services,
  )) {
    for (const [name, value] of Object.entries(environment)) {
      if (!secretNames.test(name)) continue;
      expect(name).toMatch(/_FILE$/);
      expect(mounted).toContain(value.replace('/run/secrets/', ''));
    }
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining([...mounted]));
    expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.keys(needed)));
    if (service.stop_grace_period !== undefined) {
      expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThanOrEqual(graceSeconds);
    }
  }
  const ours = Object.keys(services['bots']?.environment ?? {});
  expect(ours.filter((name) => !knownNames({}).includes(name) && name !== 'BYTEZ_API_KEY_FILE')).toEqual([]);
  for (const { file } of Object.values(secrets)) expect(read('.gitignore')).toContain(`/${file.split('/')[1]}/`);
});

type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly Readonly<Record<string, unknown>>[];
      };
    };
  };
};

test('the manifests for Kubernetes name secrets and hold none, and give a process its time to end', () => {
  const documents = parseAllDocuments(read('docs/kubernetes/darkroom.yaml'));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const manifests = documents.map((one) => one.toJS() as Manifest);
  const of = (kind: string) => manifests.find((one) => one.kind === kind);
  expect(manifests.map(({ kind }) => kind)).toEqual([
    'ConfigMap',
    'PersistentVolumeClaim',
    'Deployment',
    'PodDisruptionBudget',
  ]);
  const settings = of('ConfigMap')?.data ?? {};
  for (const name of Object.keys(settings)) if (secretNames.test(name)) expect(name).toMatch(/_FILE$/);
  const { drainMs, http } = parseConfig({ ...settings, ADMIN_TOKEN: 'x'.repeat(32) });
  const { template, selector } = of('Deployment')?.spec ?? {};
  expect(template?.metadata.labels).toEqual(selector?.matchLabels);
  expect(of('PodDisruptionBudget')?.spec?.selector).toEqual(selector);
  expect(template?.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainMs / 1000 + 12);
  expect(template?.spec.containers[0]).toMatchObject({
    ports: [{ name: 'http', containerPort: http.port }],
    livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
  });
});
