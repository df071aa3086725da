// Checks what CDK and cfn-lint accept and AWS, or a viewer, would not: values over AWS's limits, a config that says
// other things about AWS than the template does, and secrets in the open. It reads only the template, never settings.

import { readFileSync } from 'node:fs';
import type * as cdk from 'aws-cdk-lib';
import { CONFIG_VARIABLE } from './sidecar_config.js';
import { allOf, attributesOf, containerOf, onlyOf, textOf, variableOf, type Found, type Template } from './template.js';

export interface Finding {
  readonly rule: string;
  readonly resource: string;
  readonly problem: string;
}

/** What the sidecar's config calls `environment`, in seconds, as the template has it; otherwise AWS's default. */
export type Surroundings = Readonly<Record<string, number>>;

export function surroundings(template: Template): Surroundings {
  const balancer = onlyOf(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').properties;
  const attributes = attributesOf(balancer.LoadBalancerAttributes);
  const listener = attributesOf(onlyOf(template, LISTENER).properties.ListenerAttributes);
  const targets = attributesOf(onlyOf(template, TARGETS).properties.TargetGroupAttributes);
  const { VpcOriginConfig: origin, ResponseCompletionTimeout: completion } = theOrigin(template);
  const chat = JSON.parse(variableOf(template, 'chat', CONFIG_VARIABLE));
  const of = (map: Map<string, string>, key: string, absent: number): number => Number(map.get(key) ?? absent);
  return {
    ...(balancer.Type === 'network'
      ? { nlb_idle_timeout: of(listener, 'tcp.idle_timeout.seconds', 350) }
      : {
          alb_idle_timeout: of(attributes, 'idle_timeout.timeout_seconds', 60),
          alb_client_keep_alive: of(attributes, 'client_keep_alive.seconds', 3600),
        }),
    deregistration_delay: of(targets, 'deregistration_delay.timeout_seconds', 300),
    cloudfront_response_timeout: origin.OriginReadTimeout ?? 30,
    cloudfront_keep_alive_timeout: origin.OriginKeepaliveTimeout ?? 5,
    ...(completion === undefined ? {} : { cloudfront_response_completion_timeout: completion }),
    ecs_stop_timeout: containerOf(template, 'sidecar').StopTimeout ?? 30,
    application_keep_alive_timeout: secondsOf(chat.timeouts?.keep_alive_timeout ?? '10s'),
  };
}

export function checkTemplate(template: Template): Finding[] {
  return [
    ...limits(template),
    ...disagreements(template),
    ...distribution(template),
    ...ingress(template),
    ...secretsInTheOpen(template),
  ];
}

/** Runs the check whenever the app is synthesised. */
export class TemplateCheck implements cdk.IPolicyValidationPlugin {
  readonly name = 'viaduct-template-check';

  validate(context: cdk.IPolicyValidationContext): cdk.PolicyValidationPluginReport {
    const violations = context.templatePaths.flatMap((path) =>
      checkTemplate(JSON.parse(readFileSync(path, 'utf8'))).map((finding) => ({
        ruleName: finding.rule,
        description: finding.problem,
        violatingResources: [{ resourceLogicalId: finding.resource, templatePath: path, locations: [] }],
      })),
    );
    return { success: violations.length === 0, violations };
  }
}

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const TARGETS = 'AWS::ElasticLoadBalancingV2::TargetGroup';
const DISTRIBUTION = 'AWS::CloudFront::Distribution';
// Managed policies of CloudFront, by their ids.
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const ALL_VIEWER = '216adef6-5c7f-47e4-b989-5492eafa07d3';

// AWS's smallest and largest values, in seconds. Those of CloudFront are default quotas, which may be raised.
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  alb_idle_timeout: [1, 4000],
  alb_client_keep_alive: [60, 604800],
  nlb_idle_timeout: [60, 6000],
  deregistration_delay: [0, 3600],
  cloudfront_response_timeout: [1, 120],
  cloudfront_keep_alive_timeout: [1, 300],
  ecs_stop_timeout: [2, 120],
};

function theOrigin(template: Template): Readonly<Record<string, any>> {
  const origins = onlyOf(template, DISTRIBUTION).properties.DistributionConfig.Origins;
  if (origins.length !== 1) throw new Error(`${origins.length} origins, not 1`);
  return origins[0];
}

function secondsOf(text: string): number {
  const match = /^([0-9]+)(ms|s|m|h)$/.exec(text);
  if (!match) throw new Error(`not a duration: "${text}"`);
  return Number(match[1]) * { ms: 0.001, s: 1, m: 60, h: 3600 }[match[2]!]!;
}

function outside(value: unknown, [least, most]: readonly [number, number]): boolean {
  return typeof value !== 'number' || !(value >= least && value <= most);
}

function* limits(template: Template): Generator<Finding> {
  const around = surroundings(template);
  for (const [name, range] of Object.entries(LIMITS)) {
    if (name in around && outside(around[name], range)) {
      yield {
        rule: 'aws-limit',
        resource: name,
        problem: `${name} is ${around[name]} s; AWS takes ${range.join(' to ')} s`,
      };
    }
  }
  const task = onlyOf(template, 'AWS::ECS::TaskDefinition');
  for (const { Name, StopTimeout, HealthCheck } of task.properties.ContainerDefinitions) {
    const fields: [string, unknown, readonly [number, number]][] = [
      ['StopTimeout', StopTimeout ?? 30, [2, 120]],
      ['HealthCheck.Interval', HealthCheck?.Interval ?? 30, [5, 300]],
      ['HealthCheck.Timeout', HealthCheck?.Timeout ?? 5, [2, 60]],
      ['HealthCheck.Retries', HealthCheck?.Retries ?? 3, [1, 10]],
      ['HealthCheck.StartPeriod', HealthCheck?.StartPeriod ?? 0, [0, 300]],
    ];
    for (const [field, value, range] of fields) {
      if (!outside(value, range)) continue;
      yield {
        rule: 'aws-limit',
        resource: task.id,
        problem: `${Name}: ${field} is ${value}; AWS takes ${range.join(' to ')}`,
      };
    }
  }
  const definition = JSON.stringify(task.properties).length;
  if (definition > 65536) {
    yield {
      rule: 'aws-limit',
      resource: task.id,
      problem: `a task definition of ${definition} bytes; AWS takes 65536`,
    };
  }
  for (const origin of allOf(template, 'AWS::CloudFront::VpcOrigin')) {
    const { Name } = origin.properties.VpcOriginEndpointConfig;
    if (typeof Name === 'string' && Name.length > 64) {
      yield { rule: 'aws-limit', resource: origin.id, problem: `Name has ${Name.length} characters; AWS takes 64` };
    }
  }
}

function* disagreements(template: Template): Generator<Finding> {
  const task = onlyOf(template, 'AWS::ECS::TaskDefinition').id;
  const config = JSON.parse(variableOf(template, 'sidecar', CONFIG_VARIABLE));
  const around = surroundings(template);
  const differs = (what: string, said: unknown, is: unknown): Finding[] =>
    JSON.stringify(said) === JSON.stringify(is)
      ? []
      : [
          {
            rule: 'config-differs',
            resource: task,
            problem: `${what}: the config says ${JSON.stringify(said)}, the template ${JSON.stringify(is)}`,
          },
        ];
  const names = new Set([...Object.keys(config.environment ?? {}), ...Object.keys(around)]);
  for (const name of names) {
    const said = config.environment?.[name];
    yield* differs(`environment.${name}`, said === undefined ? undefined : secondsOf(said), around[name]);
  }
  yield* differs('strict_ladder', config.strict_ladder, true);

  const balancer = onlyOf(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').properties;
  yield* differs('vpc_origin.mode', config.vpc_origin.mode, balancer.Type === 'network' ? 'NLB' : 'ALB');
  const cidrs = balancer.Subnets.map((subnet: any) => template.Resources[subnet.Ref]?.Properties?.CidrBlock);
  yield* differs('vpc_origin.trusted_peers', config.vpc_origin.trusted_peers, cidrs);
  const headers = (theOrigin(template).OriginCustomHeaders ?? []).map((each: any) => each.HeaderName);
  yield* differs('vpc_origin.secret.header', [config.vpc_origin.secret?.header], headers);

  const targets = onlyOf(template, TARGETS).properties;
  yield* differs('health_path', config.health_path, targets.HealthCheckPath);
  const mapped = containerOf(template, 'sidecar').PortMappings.map((each: any) => each.ContainerPort);
  const port = Number(/:([0-9]+)$/.exec(config.listen)?.[1]);
  yield* differs('listen', [port, targets.Port], [mapped[0], mapped[0]]);
  if (balancer.Type === 'network') {
    const attributes = attributesOf(targets.TargetGroupAttributes);
    yield* differs('mode NLB', 'true', attributes.get('proxy_protocol_v2.enabled'));
    yield* differs('mode NLB', 'false', attributes.get('preserve_client_ip.enabled'));
  } else {
    const attributes = attributesOf(balancer.LoadBalancerAttributes);
    yield* differs('mode ALB', 'append', attributes.get('routing.http.xff_header_processing.mode') ?? 'append');
  }
}

function* distribution(template: Template): Generator<Finding> {
  const { id, properties } = onlyOf(template, DISTRIBUTION);
  const config = properties.DistributionConfig;
  if (theOrigin(template).ResponseCompletionTimeout !== undefined) {
    yield { rule: 'response-completion-timeout', resource: id, problem: 'CloudFront would end WebSockets at it' };
  }
  for (const behavior of [config.DefaultCacheBehavior, ...(config.CacheBehaviors ?? [])]) {
    if (behavior.CachePolicyId !== CACHING_DISABLED) {
      yield { rule: 'cache-policy', resource: id, problem: 'not CACHING_DISABLED: answers of one viewer reach others' };
    }
    if (behavior.OriginRequestPolicyId !== ALL_VIEWER) {
      yield {
        rule: 'origin-request-policy',
        resource: id,
        problem: 'not ALL_VIEWER: query, cookies and Host do not arrive',
      };
    }
  }
}

function* ingress(template: Template): Generator<Finding> {
  const rules: [Found, any][] = [
    ...allOf(template, 'AWS::EC2::SecurityGroup').flatMap((group) =>
      (group.properties.SecurityGroupIngress ?? []).map((rule: any): [Found, any] => [group, rule]),
    ),
    ...allOf(template, 'AWS::EC2::SecurityGroupIngress').map((rule): [Found, any] => [rule, rule.properties]),
  ];
  for (const [{ id }, rule] of rules) {
    if (rule.CidrIp === undefined && rule.CidrIpv6 === undefined) continue;
    const cidr = rule.CidrIp ?? rule.CidrIpv6;
    yield {
      rule: 'open-ingress',
      resource: id,
      problem: `lets ${textOf(template, cidr)} in, not a prefix list or a group`,
    };
  }
}

function* secretsInTheOpen(template: Template): Generator<Finding> {
  const finding = (resource: string, where: string): Finding => ({
    rule: 'secret-in-environment',
    resource,
    problem: `${where} has a secret's value, which everybody who may read the definition sees`,
  });
  const secret = (value: unknown): boolean =>
    /\{\{resolve:(secretsmanager|ssm-secure):/.test(JSON.stringify(value) ?? '');
  for (const { id, properties } of allOf(template, 'AWS::ECS::TaskDefinition')) {
    for (const container of properties.ContainerDefinitions) {
      for (const { Name, Value } of container.Environment ?? []) {
        if (secret(Value)) yield finding(id, `${container.Name}: ${Name}`);
      }
      if (secret(container.Command)) yield finding(id, `${container.Name}: Command`);
    }
  }
  for (const { id, properties } of allOf(template, 'AWS::Lambda::Function')) {
    for (const [name, value] of Object.entries(properties.Environment?.Variables ?? {})) {
      if (secret(value)) yield finding(id, name);
    }
  }
}
