// Synthesises the stack: `npx cdk deploy -c NAME=VALUE …`, or `npm run synth` for a template in cdk.out.

import { readFileSync } from 'node:fs';
import * as cdk from 'aws-cdk-lib';
import { NAMES, settingsOf } from '../src/settings.js';
import { ViaductStack } from '../src/stack.js';
import { TemplateCheck } from '../src/template_check.js';

// The CLI names the folder and passes the flags of cdk.json; the same holds without the CLI.
const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
const app = new cdk.App({ outdir: process.env.CDK_OUTDIR ?? 'cdk.out', context });
const given: Record<string, unknown> = {};
for (const name of NAMES) {
  const value: unknown = app.node.tryGetContext(name);
  if (value !== undefined) given[name] = value;
}
new ViaductStack(app, 'Viaduct', settingsOf(given));
cdk.Validations.of(app).addPlugins(new TemplateCheck());
app.synth();
