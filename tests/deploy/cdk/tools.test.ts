// What other tools say of the templates: cfn-lint (VIADUCT_CFN_LINT is its path), cdk-nag, and CDK's own rules.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as cdk from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DEFAULTS, NAMES } from '../src/settings.js';
import { taskDefinition } from '../src/task_definition.js';
import { appOf, silently, templateOf, templatePath, VARIANTS } from './synthesis.js';

test('cfn-lint has no complaint', () => {
  const program = process.env.VIADUCT_CFN_LINT;
  assert.ok(program, 'VIADUCT_CFN_LINT is not set');
  // W3005, a dependency that a reference makes anyway: CDK adds the service's dependency on the listener.
  const templates = Object.keys(VARIANTS).map(templatePath);
  const { status, stdout, stderr } = spawnSync(program, ['--ignore-checks', 'W3005', '--', ...templates], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
});

/** What cdk-nag's AwsSolutions finds and we leave as it is, with the reason. */
const ACKNOWLEDGED: Readonly<Record<string, string>> = {
  'AwsSolutions-VPC7': 'Flow logs cost by the gigabyte and are the account owner’s decision.',
  'AwsSolutions-ELB2': 'The sidecar logs every request, with what the balancer’s log would say.',
  'AwsSolutions-CFR1': 'A chat for everybody.',
  'AwsSolutions-CFR2': 'A web ACL is the account owner’s decision; AWS’s common rules refuse handshakes.',
  'AwsSolutions-CFR3': 'The sidecar logs every request, with its X-Amz-Cf-Id.',
  'AwsSolutions-CFR4': 'Only without a certificate of one’s own, where CloudFront allows no other setting.',
  'AwsSolutions-SMG4': 'Valkey’s password, which lets nobody in from outside of the tasks’ group.',
  'AwsSolutions-L1': 'Python 3.14: newer runtimes reach regions one after the other.',
  'AwsSolutions-ECS2': 'The configs: no secret is among them, which the template check asserts.',
  'AwsSolutions-IAM5[Resource::*]': 'ecr:GetAuthorizationToken, GetRandomPassword and ListTasks take no resource.',
  'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<ClusterEB0386A7>/*]':
    'A task may protect itself, and its id is not known before it runs.',
};

test('cdk-nag finds what is acknowledged, and nothing else', () => {
  const found = new Set<string>();
  for (const variant of Object.keys(VARIANTS)) {
    const { app, folder } = appOf(variant);
    cdk.Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    assert.throws(() => silently(() => app.synth()), /Validation failed/);
    const report = JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8'));
    for (const plugin of report.pluginReports) for (const violation of plugin.violations) found.add(violation.ruleName);
  }
  assert.deepEqual([...found].sort(), Object.keys(ACKNOWLEDGED).sort());
});

test('the app synthesises without network, and passes the template check and CDK’s own rules', () => {
  const { folder: outdir } = appOf('plain');
  const { status, stderr } = spawnSync(process.execPath, ['out/bin/viaduct.js'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, CDK_OUTDIR: outdir },
  });
  assert.equal(status, 0, stderr);
  const template = JSON.parse(readFileSync(join(outdir, 'Viaduct.template.json'), 'utf8'));
  assert.deepEqual(template, templateOf('plain'));
});

/** Returns a file of the source tree, whose root is VIADUCT_ROOT. */
function source(path: string): string {
  const root = process.env.VIADUCT_ROOT;
  assert.ok(root, 'VIADUCT_ROOT is not set');
  return readFileSync(join(root, path), 'utf8');
}

test('deploy/ecs/task-definition.json is that of the template', () => {
  const definition = JSON.parse(source('deploy/ecs/task-definition.json'));
  assert.deepEqual(definition, taskDefinition(templateOf('plain')), 'run npm run task-definition');
});

test('docs/quickstart-aws.md names every setting with its default', () => {
  const rows = source('docs/quickstart-aws.md').matchAll(/^\| (`\w+`(?:, `\w+`)*) \| ([^|]*)\|/gm);
  const documented = new Map<string, string>();
  for (const [, names, defaults] of rows) {
    const values = defaults!.trim().replaceAll('`', '').split(', ');
    names!
      .replaceAll('`', '')
      .split(', ')
      .forEach((name, index) => documented.set(name, values[index] ?? ''));
  }
  const wanted = NAMES.map((name) => [name, String((DEFAULTS as unknown as Record<string, unknown>)[name] ?? '')]);
  assert.deepEqual([...documented].sort(), wanted.sort());
});
