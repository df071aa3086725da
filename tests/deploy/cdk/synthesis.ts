// Synthesises variants of the stack, each once for all tests.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as cdk from 'aws-cdk-lib';
import { settingsOf } from '../src/settings.js';
import { ViaductStack } from '../src/stack.js';
import type { Template } from '../src/template.js';

/** What is given with `cdk -c` for each variant. */
export const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {},
  nlb: { balancer: 'nlb', taskProtection: 'false' },
  'everything else': {
    source: 'service-group',
    valkey: 'true',
    minTasks: '2',
    maxTasks: '10',
    architecture: 'ARM64',
    domainNames: 'chat.example.com, www.example.com',
    certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
  },
};

const folder = mkdtempSync(join(tmpdir(), 'viaduct-cdk-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** The flags of cdk.json. The default rules take seconds; bin/viaduct.ts is run with them once. */
function flags(): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  return { ...context, '@aws-cdk/core:validateAgainstDefaultRules': false, 'aws:cdk:disable-stack-trace': true };
}

/** Returns an app with the variant's stack, which is not synthesised yet, and the folder for what it makes. */
export function appOf(variant: string): { app: cdk.App; stack: ViaductStack; folder: string } {
  const own = mkdtempSync(join(folder, 'out-'));
  const app = new cdk.App({ outdir: own, context: flags() });
  return { app, stack: new ViaductStack(app, 'Viaduct', settingsOf(VARIANTS[variant]!)), folder: own };
}

const paths = new Map<string, string>();

/** Returns the path of the variant's template. */
export function templatePath(variant: string): string {
  let path = paths.get(variant);
  if (!path) {
    const { app, folder: own } = appOf(variant);
    app.synth();
    path = join(own, 'Viaduct.template.json');
    paths.set(variant, path);
  }
  return path;
}

/** Returns a copy of the variant's template, which the test may change. */
export function templateOf(variant: string): Template & { Resources: Record<string, any> } {
  return JSON.parse(readFileSync(templatePath(variant), 'utf8'));
}

/** Calls `act` without what it says on standard error, where CDK repeats its validation report. */
export function silently<T>(act: () => T): T {
  const write = process.stderr.write;
  process.stderr.write = () => true;
  try {
    return act();
  } finally {
    process.stderr.write = write;
  }
}
