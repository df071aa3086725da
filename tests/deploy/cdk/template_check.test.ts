// src/template_check.ts: what it finds in templates that CDK and cfn-lint would let pass.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as cdk from 'aws-cdk-lib';
import { CONFIG_VARIABLE } from '../src/sidecar_config.js';
import { allOf, onlyOf, type Template } from '../src/template.js';
import { checkTemplate, TemplateCheck } from '../src/template_check.js';
import { appOf, silently, templateOf, VARIANTS } from './synthesis.js';

const LOAD_BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const TARGETS = 'AWS::ElasticLoadBalancingV2::TargetGroup';
const TASK = 'AWS::ECS::TaskDefinition';

for (const variant of Object.keys(VARIANTS)) {
  test(`${variant}: nothing is found`, () => assert.deepEqual(checkTemplate(templateOf(variant)), []));
}

/** Changes a template so that it is broken. */
type Break = (template: Template) => void;

/** Sets an attribute of the balancer, the listener or the target group. */
function attribute(of: 'LoadBalancer' | 'Listener' | 'TargetGroup', key: string, value: string): Break {
  return (template) => {
    const list = onlyOf(template, `AWS::ElasticLoadBalancingV2::${of}`).properties[`${of}Attributes`];
    list.find((each: any) => each.Key === key).Value = value;
  };
}

function sidecar(template: Template): any {
  return onlyOf(template, TASK).properties.ContainerDefinitions.find((each: any) => each.Name === 'sidecar');
}

function distribution(template: Template): any {
  return onlyOf(template, 'AWS::CloudFront::Distribution').properties.DistributionConfig;
}

const origin = (template: Template): any => distribution(template).Origins[0];
const vpcOrigin = (template: Template): any =>
  onlyOf(template, 'AWS::CloudFront::VpcOrigin').properties.VpcOriginEndpointConfig;
const balancer = (template: Template): any => onlyOf(template, LOAD_BALANCER).properties;
const groupOf = (template: Template): any => allOf(template, 'AWS::EC2::SecurityGroup')[0]!.properties;
const ruleOf = (template: Template): any => allOf(template, 'AWS::EC2::SecurityGroupIngress')[0]!.properties;
const lambda = (template: Template): any => onlyOf(template, 'AWS::Lambda::Function').properties;

const IDLE = 'idle_timeout.timeout_seconds';
const DELAY = 'deregistration_delay.timeout_seconds';
const XFF = 'routing.http.xff_header_processing.mode';

/** By rule: what is broken in which variant, how, and a part of the problem that must be found. More may be found. */
const BROKEN: Readonly<Record<string, readonly [string, string, Break, RegExp][]>> = {
  'aws-limit': [
    [
      'plain',
      'a read timeout of 181 s',
      (t) => (origin(t).VpcOriginConfig.OriginReadTimeout = 181),
      /181 s; AWS takes 1 to 120/,
    ],
    [
      'plain',
      'a keep-alive of 301 s',
      (t) => (origin(t).VpcOriginConfig.OriginKeepaliveTimeout = 301),
      /301 s; AWS takes 1 to 300/,
    ],
    ['plain', 'a stopTimeout of 500 s', (t) => (sidecar(t).StopTimeout = 500), /500; AWS takes 2 to 120/],
    [
      'plain',
      'a health check every second',
      (t) => (sidecar(t).HealthCheck.Interval = 1),
      /Interval is 1; AWS takes 5 to 300/,
    ],
    ['plain', 'a delay of two hours', attribute('TargetGroup', DELAY, '7200'), /7200 s; AWS takes 0 to 3600/],
    ['plain', 'an idle timeout that is no number', attribute('LoadBalancer', IDLE, '1m'), /alb_idle_timeout is NaN/],
    [
      'plain',
      'a VPC origin of 70 characters',
      (t) => (vpcOrigin(t).Name = 'x'.repeat(70)),
      /70 characters; AWS takes 64/,
    ],
    [
      'plain',
      'a task of 64 KiB',
      (t) => sidecar(t).Environment.push({ Name: 'X', Value: 'x'.repeat(66000) }),
      /AWS takes 65536/,
    ],
  ],
  'config-differs': [
    [
      'plain',
      'another idle timeout of the ALB',
      attribute('LoadBalancer', IDLE, '70'),
      /alb_idle_timeout: the config says 60, the template 70/,
    ],
    [
      'plain',
      'an ALB without attributes',
      (t) => (balancer(t).LoadBalancerAttributes = []),
      /client_keep_alive: .* 14400, the template 3600/,
    ],
    [
      'plain',
      'another delay',
      attribute('TargetGroup', DELAY, '300'),
      /deregistration_delay: the config says 110, the template 300/,
    ],
    [
      'plain',
      'no stopTimeout',
      (t) => delete sidecar(t).StopTimeout,
      /ecs_stop_timeout: the config says 120, the template 30/,
    ],
    [
      'plain',
      'no keep-alive',
      (t) => delete origin(t).VpcOriginConfig.OriginKeepaliveTimeout,
      /keep_alive_timeout: .* 50, the template 5/,
    ],
    [
      'nlb',
      'another idle timeout of the NLB',
      attribute('Listener', 'tcp.idle_timeout.seconds', '400'),
      /nlb_idle_timeout: .* 350, the template 400/,
    ],
    [
      'plain',
      'an end of responses that the config does not know',
      (t) => (origin(t).ResponseCompletionTimeout = 60),
      /cloudfront_response_completion_timeout: the config says undefined, the template 60/,
    ],
    ['nlb', 'no PROXY header', attribute('TargetGroup', 'proxy_protocol_v2.enabled', 'false'), /mode NLB/],
    ['nlb', "the viewer's address kept", attribute('TargetGroup', 'preserve_client_ip.enabled', 'true'), /mode NLB/],
    ['plain', 'X-Forwarded-For removed', attribute('LoadBalancer', XFF, 'remove'), /mode ALB/],
    ['plain', 'other subnets', (t) => balancer(t).Subnets.pop(), /trusted_peers/],
    [
      'plain',
      'another header',
      (t) => (origin(t).OriginCustomHeaders[0].HeaderName = 'x-secret'),
      /vpc_origin.secret.header/,
    ],
    ['plain', 'no header', (t) => delete origin(t).OriginCustomHeaders, /vpc_origin.secret.header/],
    ['plain', 'another health path', (t) => (onlyOf(t, TARGETS).properties.HealthCheckPath = '/'), /health_path/],
    ['plain', 'another port', (t) => (sidecar(t).PortMappings[0].ContainerPort = 8081), /listen/],
    [
      'plain',
      'a ladder that is not strict',
      (t) => rewrite(t, 'strict_ladder": true', 'strict_ladder": false'),
      /strict_ladder/,
    ],
    [
      'plain',
      'a timeout of the config alone',
      (t) => rewrite(t, 'alb_client_keep_alive', 'nlb_idle_timeout'),
      /nlb_idle_timeout/,
    ],
  ],
  'response-completion-timeout': [
    ['plain', 'a response completion timeout', (t) => (origin(t).ResponseCompletionTimeout = 60), /WebSockets/],
  ],
  'origin-request-policy': [
    [
      'plain',
      'no origin request policy',
      (t) => delete distribution(t).DefaultCacheBehavior.OriginRequestPolicyId,
      /query, cookies/,
    ],
  ],
  'cache-policy': [
    [
      'plain',
      'a second behaviour that caches',
      (t) => (distribution(t).CacheBehaviors = [{ CachePolicyId: 'x' }]),
      /CACHING_DISABLED/,
    ],
  ],
  'open-ingress': [
    [
      'plain',
      '0.0.0.0/0 in a group',
      (t) => (groupOf(t).SecurityGroupIngress = [{ CidrIp: '0.0.0.0/0' }]),
      /0\.0\.0\.0\/0/,
    ],
    ['plain', '::/0 in a rule', (t) => (ruleOf(t).CidrIpv6 = '::/0'), /::\/0/],
  ],
  'secret-in-environment': [
    [
      'plain',
      'the secret in the environment',
      (t) => sidecar(t).Environment.push({ Name: 'X', Value: secret(t) }),
      /sidecar: X/,
    ],
    ['plain', 'the secret in the command', (t) => sidecar(t).Command.push(secret(t)), /sidecar: Command/],
    [
      'plain',
      "the secret in a function's environment",
      (t) => (lambda(t).Environment.Variables.X = secret(t)),
      /X has/,
    ],
  ],
};

function secret(template: Template): unknown {
  return origin(template).OriginCustomHeaders[0].HeaderValue;
}

/** Changes the sidecar's config as text, which is in pieces. */
function rewrite(template: Template, before: string, after: string): void {
  const variable = sidecar(template).Environment.find((each: any) => each.Name === CONFIG_VARIABLE);
  const parts: any[] = variable.Value['Fn::Join'][1];
  const index = parts.findIndex((part) => typeof part === 'string' && part.includes(before));
  assert.notEqual(index, -1);
  parts[index] = parts[index].replace(before, after);
}

for (const [rule, rows] of Object.entries(BROKEN)) {
  for (const [variant, name, breakIt, problem] of rows) {
    test(`${variant}: ${name} is found`, () => {
      const template = templateOf(variant);
      breakIt(template);
      const found = checkTemplate(template);
      assert.ok(
        found.some((finding) => finding.rule === rule && problem.test(finding.problem)),
        JSON.stringify(found),
      );
    });
  }
}

test('synthesis fails when the stack and the config differ', () => {
  const { app, stack } = appOf('plain');
  cdk.Validations.of(app).addPlugins(new TemplateCheck());
  const task = stack.node.findAll().find((node) => (node as any).cfnResourceType === TASK) as cdk.CfnResource;
  task.addPropertyOverride('ContainerDefinitions.1.StopTimeout', 90);
  assert.throws(() => silently(() => app.synth()), /Validation failed/);
});
