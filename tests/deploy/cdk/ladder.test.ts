// The template's configs, judged by the programs that will read them (their paths: VIADUCT_SIDECAR, VIADUCT_CHAT).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CONFIG_VARIABLE } from '../src/sidecar_config.js';
import { onlyOf, variableOf, type Template } from '../src/template.js';
import { surroundings } from '../src/template_check.js';
import { templateOf, VARIANTS } from './synthesis.js';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-ladder-'));
after(() => rmSync(folder, { recursive: true }));

const EXIT_USAGE = 64;

/** Runs PROGRAM --check with the config; returns its exit code and all that it printed. */
function check(variable: 'VIADUCT_SIDECAR' | 'VIADUCT_CHAT', config: string): { status: number | null; said: string } {
  const program = process.env[variable];
  assert.ok(program, `${variable} is not set`);
  const path = join(folder, 'config.yaml');
  writeFileSync(path, config);
  const secrets = { VIADUCT_ORIGIN_SECRET: `{"HEADERVALUE": "${'v'.repeat(48)}"}`, REDIS_PASSWORD: 'p'.repeat(48) };
  const { status, stdout, stderr } = spawnSync(program, ['--config', path, '--check'], {
    encoding: 'utf8',
    env: secrets,
  });
  return { status, said: stdout + stderr };
}

/** Returns the sidecar's config with `environment` as the template has it, whatever the config says. */
function fed(template: Template): string {
  const config = JSON.parse(variableOf(template, 'sidecar', CONFIG_VARIABLE));
  config.environment = Object.fromEntries(
    Object.entries(surroundings(template)).map(([name, seconds]) => [name, `${seconds}s`]),
  );
  return JSON.stringify(config, null, 1);
}

for (const variant of Object.keys(VARIANTS)) {
  test(`${variant}: the sidecar accepts its config, and every rung of the template's ladder holds`, () => {
    const { status, said } = check('VIADUCT_SIDECAR', fed(templateOf(variant)));
    assert.equal(status, 0, said);
    assert.doesNotMatch(said, /^#\s+(advice|wrong)/m);
    assert.match(said, /^#\s+ok\s+drain_under_stop_timeout/m);
  });

  test(`${variant}: the chat accepts its config`, () => {
    const config = variableOf(templateOf(variant), 'chat', CONFIG_VARIABLE).replace(
      /\$\{[^}]*PrimaryEndPoint.Port\}/,
      '6379',
    );
    const { status, said } = check('VIADUCT_CHAT', config.replace(/\$\{[^}]*\}/, 'cache.example.com'));
    assert.equal(status, 0, said);
  });
}

type Break = (template: Template) => void;

/** Sets an attribute of the balancer, the listener or the target group. */
function attribute(of: 'LoadBalancer' | 'Listener' | 'TargetGroup', key: string, value: string): Break {
  return (template) => {
    const { properties } = onlyOf(template, `AWS::ElasticLoadBalancingV2::${of}`);
    properties[`${of}Attributes`].find((each: any) => each.Key === key).Value = value;
  };
}

const IDLE = 'idle_timeout.timeout_seconds';
const DELAY = 'deregistration_delay.timeout_seconds';

const stop90: Break = (template) => {
  const { ContainerDefinitions: containers } = onlyOf(template, 'AWS::ECS::TaskDefinition').properties;
  containers.find((each: any) => each.Name === 'sidecar').StopTimeout = 90;
};

const read20: Break = (template) => {
  const { DistributionConfig: config } = onlyOf(template, 'AWS::CloudFront::Distribution').properties;
  config.Origins[0].VpcOriginConfig.OriginReadTimeout = 20;
};

const BROKEN: readonly [string, string, RegExp, Break][] = [
  ['plain', 'an ALB idle timeout of 70 s', /keep_alive_over_alb_idle/, attribute('LoadBalancer', IDLE, '70')],
  [
    'plain',
    'an ALB idle timeout of 50 s',
    /alb_idle_over_cloudfront_keep_alive/,
    attribute('LoadBalancer', IDLE, '50'),
  ],
  ['plain', 'a delay of 60 s', /drain_under_deregistration_delay/, attribute('TargetGroup', DELAY, '60')],
  [
    'nlb',
    'an NLB idle timeout of 50 s',
    /nlb_idle_over_cloudfront_keep_alive/,
    attribute('Listener', 'tcp.idle_timeout.seconds', '50'),
  ],
  ['plain', 'a stopTimeout of 90 s', /drain_under_stop_timeout/, stop90],
  ['plain', 'a read timeout of 20 s', /response_under_cloudfront_response/, read20],
];

for (const [variant, name, rung, breakIt] of BROKEN) {
  test(`${variant}: ${name} is refused by the sidecar`, () => {
    const template = templateOf(variant);
    breakIt(template);
    const { status, said } = check('VIADUCT_SIDECAR', fed(template));
    assert.equal(status, EXIT_USAGE, said);
    assert.match(said, rung);
  });
}
